"""Networks of many groups, trained bit by bit: what estimators that train groups have in common."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch

from distgroup.estimators.estimate import Floats
from distgroup.gains import gain
from distgroup.grouping import Group, group_of, mask_of
from distgroup.models import Network
from distgroup.training.data import Data
from distgroup.training.evaluate import evaluate, mean_losses
from distgroup.training.problem import Problem
from distgroup.training.separate import chunk_size
from distgroup.training.shrink import shrunk
from distgroup.training.stack import Stack


class Runs:
    """One network a group, all of one seed, in stacks that fit the cache. The singletons are among the groups."""

    def __init__(self, problem: Problem, groups: Sequence[Group], seed: int, device: torch.device) -> None:
        self.problem, self.groups = problem, tuple(groups)
        self._stacks = list(stacks(problem, groups, seed, device))
        self.network_steps = 0

    @property
    def steps_done(self) -> int:
        return self._stacks[0].steps_done

    def train_to(self, steps: int) -> None:
        """Train until each network has had so many steps. Raises DivergedError."""
        self.network_steps += (steps - self.steps_done) * len(self.groups)
        for stack in self._stacks:
            stack.train(steps - stack.steps_done)

    def keep(self, groups: Sequence[Group]) -> None:
        """Go on with these groups' networks alone."""
        self.groups = tuple(groups)
        size = max(len(stack.groups) for stack in self._stacks)
        self._stacks = [shrunk(self._stacks, chunk) for chunk in chunked(self.groups, size)]

    def gains(self) -> Floats:
        """Gain on val of each task in each group, [groups, tasks], NaN for tasks outside the group."""
        return gains_of(self.problem, self.groups, [scored(stack, self.problem) for stack in self._stacks])


def gains_after(problem: Problem, groups: Sequence[Group], seed: int, steps: int, device: torch.device) -> Floats:
    """As `Runs.gains` after so many steps, but holding one stack at a time. Raises DivergedError."""
    found = []
    for stack in stacks(problem, groups, seed, device):
        stack.train(steps)
        found.append(scored(stack, problem))
    return gains_of(problem, groups, found)


def stacks(problem: Problem, groups: Sequence[Group], seed: int, device: torch.device) -> Iterator[Stack]:
    """Networks of all groups, as fit the cache; all know all tasks, so that any of them can be put together."""
    data = Data(problem.task_set, sorted(problem.task_set.names), device)
    network = Network(problem.encoder, problem.task_set.features, data.tasks)
    for chunk in chunked(groups, chunk_size(network, problem.training.batch_size)):
        yield Stack(data, problem.encoder, problem.training, [seed], chunk)


Scored = tuple[Floats, Floats]
"""Loss and metric, [networks, tasks], in the order of the problem's tasks."""


def gains_of(problem: Problem, groups: Sequence[Group], found: Sequence[Scored]) -> Floats:
    """Gains of all groups from what their stacks scored."""
    loss, metric = (np.concatenate(each) for each in zip(*found, strict=True))
    names = problem.task_set.names
    at = {group: i for i, group in enumerate(groups)}
    alone = [at[frozenset([name])] for name in names], range(len(names))
    values = gain(problem.gain, loss, loss[alone], metric, metric[alone])
    return np.where([[name in group for name in names] for group in groups], values, np.nan)


def scored(stack: Stack, problem: Problem) -> Scored:
    """Loss and metric on val; metrics cost time, and are NaN unless gains are measured by them."""
    order = [stack.data.names.index(name) for name in problem.task_set.names]
    if problem.gain == "metric":
        found = evaluate(stack, "val")
        return found.loss[:, order], found.metric[:, order]
    loss = mean_losses(stack, "val", stack.logits("val"))[:, order]
    return loss, np.full_like(loss, np.nan)


def chunked(groups: Sequence[Group], size: int) -> list[Sequence[Group]]:
    """The groups in runs of even length, at most ``size``."""
    bounds = np.linspace(0, len(groups), -(-len(groups) // size) + 1).round().astype(int)
    return [groups[a:b] for a, b in pairwise(bounds)]


def every_group(problem: Problem) -> tuple[Group, ...]:
    """All subsets of the tasks, counted up in the order of names."""
    names = sorted(problem.task_set.names)
    return tuple(group_of(mask, names) for mask in range(1, 1 << len(names)))


def mask_table(groups: Sequence[Group], tasks: Sequence[str], values: Floats, missing: float) -> Floats:
    """Scores by bitmask, [2^tasks, tasks]: 0 outside a group, ``missing`` for tasks of groups that are not there."""
    inside = (np.arange(1 << len(tasks))[:, None] >> np.arange(len(tasks)) & 1).astype(bool)
    table = np.where(inside, missing, 0.0)
    for group, row in zip(groups, values, strict=True):
        table[mask_of(group, tasks)] = np.nan_to_num(row)
    return table
