"""An optimizer that steps some heads of some networks of a stack, and leaves all else as it was."""

from collections.abc import Sequence
from itertools import compress

import torch
from torch import Tensor

from distgroup.training.stack import Stack


class Blocks:
    """The stack's own optimizer, with a state and a step count for each network's encoder and for each of its heads.

    What does not act is passed over: no momentum, no decay, no count for Adam's bias correction. torch's optimizers do
    the same with parameters that have no gradient, but take longer to look through so many than to step them. So the
    operations that these end in are called here, on views of the stack's parameters; the tests hold the two together.
    """

    def __init__(self, stack: Stack) -> None:
        self._optimizer = stack.optimizer
        self.moments = torch.zeros_like(stack.parameters), torch.zeros_like(stack.parameters)
        """Adam's first and second; SGD has its momentum in the first."""
        self.counts = stack.parameters.new_zeros(len(stack), 1 + len(stack.data.tasks), dtype=torch.float32)
        """Steps that each network's encoder and each of its heads have taken."""
        held = [_cut(stack, flat) for flat in (stack.parameters, stack.flat_gradient, *self.moments)]
        self._parts = [
            [
                [(*views, count) for views in zip(*block, strict=True)]
                for *block, count in zip(*network, counts, strict=True)
            ]
            for *network, counts in zip(*held, self.counts, strict=True)
        ]

    def step(self, acting: Sequence[Sequence[bool]]) -> None:
        """One step of each network's encoder and of the heads of its acting tasks, [networks, tasks].

        A network in which none acts stays as it is; there must be one in which some do.
        """
        blocks = [[any(tasks), *tasks] for tasks in acting]
        self.counts += torch.tensor(blocks, device=self.counts.device)
        held = zip(self._parts, blocks, strict=True)
        stepped = [part for network, which in held for block in compress(network, which) for part in block]
        parameters, gradients, first, second, counts = map(list, zip(*stepped, strict=True))
        options = self._optimizer.defaults
        common = {name: options[name] for name in ("lr", "weight_decay", "maximize")}
        if isinstance(self._optimizer, torch.optim.Adam):
            beta1, beta2 = options["betas"]
            own = {"beta1": beta1, "beta2": beta2, "eps": options["eps"], "amsgrad": options["amsgrad"]}
            torch._fused_adam_(parameters, gradients, first, second, [], counts, **common, **own)
        else:
            own = {name: options[name] for name in ("momentum", "dampening", "nesterov")}
            momenta = first if options["momentum"] else []
            torch._fused_sgd_(parameters, gradients, momenta, **common, **own, is_first_step=False)


def _cut(stack: Stack, flat: Tensor) -> list[list[list[Tensor]]]:
    """Views of ``flat`` [networks, parameters]: each network's encoder, and each of its heads' weight and bias."""
    layers, owner = stack.network.layers(flat), stack.network.task_of_output
    starts = [owner.index(task) for task in range(len(stack.data.tasks))]
    heads = [slice(start, start + task.outputs) for start, task in zip(starts, stack.data.tasks, strict=True)]
    weight, bias = layers.head
    return [
        [[flat[i, : stack.network.shared]], *([weight[i, own], bias[i, own]] for own in heads)]
        for i in range(len(stack))
    ]
