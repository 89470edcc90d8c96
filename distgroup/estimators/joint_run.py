"""One joint run of all tasks, with a look at each task's gradient every so many steps. All seeds train as one stack.

What `gradient_cosine` and `lookahead` have in common.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from distgroup.training.data import Data
from distgroup.training.problem import Problem
from distgroup.training.stack import Stack


@dataclass(frozen=True)
class Look:
    """A moment of a joint run: the stack, its next batch, and each task's gradient of the shared parameters on it."""

    stack: Stack
    inputs: Tensor
    """Shape [seeds, rows, features]."""
    targets: Tensor
    """Shape [seeds, outputs, rows]."""
    share: Tensor | float
    """Each label's share in its task's mean, as `Stack.batch` gives it."""
    losses: Tensor
    """Mean loss of each task, shape [seeds, tasks]."""
    gradients: Tensor
    """Gradient of each task's mean loss by the shared parameters, shape [seeds, tasks, shared]."""


def joint_run(
    problem: Problem, seeds: Sequence[int], device: torch.device, every: int, look: Callable[[Look], Tensor]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Mean over the run of ``look``, taken before every ``every``-th step; [seeds, source, target] in the tasks' order.

    Raises DivergedError if a network leaves the finite numbers.
    """
    data = Data(problem.task_set, problem.task_set.names, device)
    stack = Stack(data, problem.encoder, problem.training, seeds, [frozenset(data.names)])
    total = torch.zeros(len(seeds), len(data.names), len(data.names), dtype=torch.float64, device=device)
    for step in range(problem.training.steps):
        if step % every == 0:
            total += look(take_look(stack))
            stack.update()
        else:
            stack.step()
    stack.check()
    looks = -(-problem.training.steps // every)
    order = [data.names.index(name) for name in problem.task_set.names]
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (total / looks)[:, order][:, :, order].cpu().numpy()
    return mean


def take_look(stack: Stack) -> Look:
    """Losses and gradients of every task on the next batch; the parameters stay untouched.

    The tasks' gradients are left in the stack's own, summed: what its next step needs, which so costs no second pass.
    """
    inputs, targets, share = stack.batch(stack.steps_done)
    logits = stack.forward(inputs)
    losses = stack.task_losses(logits, targets, share)
    errors = stack.errors(targets, share)
    shared, tasks = stack.network.shared, len(stack.network.tasks)
    gradients = errors.new_empty(len(stack), tasks, shared)
    for task in range(tasks):
        stack.backward_task(inputs, errors, task, stack.gradient)
        gradients[:, task] = stack.flat_gradient[:, :shared]
    stack.flat_gradient[:, :shared] = gradients.sum(1)
    return Look(stack, inputs, targets, share, losses, gradients)


def losses_at(look: Look, shared: Tensor) -> Tensor:
    """Every task's loss on the look's batch, at other shared parameters [seeds, shared]; heads as they are."""
    stack = look.stack
    moved = stack.parameters.clone()
    moved[:, : stack.network.shared] = shared
    logits = stack.forward(look.inputs, stack.network.layers(moved))
    return stack.task_losses(logits, look.targets, look.share)
