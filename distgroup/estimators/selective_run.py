"""One network for all tasks, updated on one task after another within each batch. All seeds train as one stack."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from distgroup.seeding import torch_rng
from distgroup.training.stack import Stack


@dataclass(frozen=True)
class Update:
    """A task has been stepped in every network of the stack."""

    acted: Tensor
    """Which task, [seeds]."""
    before: Tensor
    """Mean loss of each task on the batch before the step, [seeds, tasks]."""
    after: Tensor
    """The same after it."""


class SelectiveRun:
    """Trains a stack of one network a seed. Each task's head has an optimizer state of its own, so that a head whose
    task is not acting does not move: no gradient, no momentum, no decay."""

    def __init__(self, stack: Stack, credit_last_every: int) -> None:
        self.stack, self.credit_last_every = stack, credit_last_every
        shared = stack.network.shared
        self._heads = [[own_head(stack, seed, task) for task in range(self.tasks)] for seed in range(len(stack))]
        encoders = list(stack.parameters[:, :shared].unbind(0))
        for encoder, gradient in zip(encoders, stack.flat_gradient[:, :shared], strict=True):
            encoder.grad = gradient
        heads = [parameter for seed in self._heads for head in seed for parameter, _ in head]
        self._optimizer = stack.training.optimizer.build([*encoders, *heads])

    @property
    def tasks(self) -> int:
        return len(self.stack.data.tasks)

    def batch(self) -> Iterator[Update]:
        """Step every task once on the next batch, in shuffled order.

        The losses after a step are those before the next. Those after the last cost a forward pass of their own, made
        for every ``credit_last_every``-th batch; otherwise the last update is not told of.
        """
        stack = self.stack
        inputs, targets, share = stack.batch(stack.steps_done)
        order = self._order()
        before = stack.task_losses(stack.forward(inputs), targets, share)
        for turn, acting in enumerate(order.T):
            self._step(acting, inputs, targets, share)
            if turn < self.tasks - 1 or stack.steps_done % self.credit_last_every == 0:
                after = stack.task_losses(stack.forward(inputs), targets, share)
                yield Update(acting, before, after)
                before = after
        stack.steps_done += 1

    def _order(self) -> Tensor:
        """The tasks in the order in which they act, [seeds, tasks]; drawn by seed and step over the sorted names."""
        names, step = self.stack.data.names, self.stack.steps_done
        position = torch.tensor([names.index(name) for name in sorted(names)], device="cpu")
        drawn = [torch_rng(seed, "proximal", "order", step) for seed in self.stack.seeds]
        order = torch.stack([position[torch.randperm(len(names), generator=rng)] for rng in drawn])
        return order.to(self.stack.data.device)

    def _step(self, acting: Tensor, inputs: Tensor, targets: Tensor, share: Tensor | float) -> None:
        """One step of each network on the task that acts in it, after the forward pass on the same batch."""
        stack = self.stack
        owner = torch.tensor(stack.network.task_of_output, device=acting.device)
        errors = stack.errors(targets, share) * (owner == acting[:, None])[:, :, None]
        stack.backward(inputs, errors, stack.gradient)
        for heads, task in zip(self._heads, acting.tolist(), strict=True):
            for i, head in enumerate(heads):
                for parameter, gradient in head:
                    parameter.grad = gradient if i == task else None
        self._optimizer.step()


def own_head(stack: Stack, network: int, task: int) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of one head of one network, each with its gradient, as views that an optimizer can hold."""
    own = [i for i, owner in enumerate(stack.network.task_of_output) if owner == task]
    rows = slice(own[0], own[-1] + 1)
    pairs = zip(stack.layers.head, stack.gradient.head, strict=True)
    return [(parameter[network, rows], gradient[network, rows]) for parameter, gradient in pairs]
