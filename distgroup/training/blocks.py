"""An optimizer that steps some heads of some networks of a stack, and leaves all else as it was."""

from collections.abc import Sequence

import torch
from torch import Tensor

from distgroup.training.stack import Stack

Held = list[tuple[Tensor, Tensor]]
"""Parameters with their gradients, as views of the stack's own."""


class Blocks:
    """Every network's encoder, and each of its heads, with an optimizer state and a step count of its own.

    They are views of the stack's parameters, in one of torch's optimizers, which passes over those without a gradient:
    no momentum, no decay, no count for Adam's bias correction.
    """

    def __init__(self, stack: Stack) -> None:
        shared, networks = stack.network.shared, range(len(stack))
        self._encoders = [(stack.parameters[i, :shared], stack.flat_gradient[i, :shared]) for i in networks]
        self._heads = [[_head(stack, i, task) for task in range(len(stack.data.tasks))] for i in networks]
        heads = [parameter for network in self._heads for head in network for parameter, _ in head]
        parameters = [*(encoder for encoder, _ in self._encoders), *heads]
        self._optimizer = stack.training.optimizer.build(parameters)
        if self._optimizer.defaults.get("momentum"):
            # torch's fused SGD takes only parameters that all have momentum, or none; from 0 it starts as from nothing.
            for parameter in parameters:
                self._optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
        self._acting = [[False] * len(stack.data.tasks) for _ in networks]

    def step(self, acting: Sequence[Sequence[bool]]) -> None:
        """One step of each network's encoder and of the heads of its acting tasks, [networks, tasks]; none act: it
        stays."""
        for i, (parameter, gradient) in enumerate(self._encoders):
            parameter.grad = gradient if any(acting[i]) else None
            for head, was, now in zip(self._heads[i], self._acting[i], acting[i], strict=True):
                if was != now:
                    for held, own in head:
                        held.grad = own if now else None
            self._acting[i] = list(acting[i])
        self._optimizer.step()


def _head(stack: Stack, network: int, task: int) -> Held:
    first = stack.network.task_of_output.index(task)
    own = slice(first, first + stack.data.tasks[task].outputs)
    pairs = zip(stack.layers.head, stack.gradient.head, strict=True)
    return [(parameter[network, own], gradient[network, own]) for parameter, gradient in pairs]
