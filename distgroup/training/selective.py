"""Update rule `selective`: one network for all tasks, its groups stepped one after another on each batch.

Jeong & Yoon 2025 (Selective Task Group Updates for Multi-Task Optimization). On each batch the groups act in shuffled
order: forward pass, losses of all tasks, backward pass of the group's summed loss, optimizer step of the encoder and
the group's own heads. With all tasks in one group this is joint training. The losses also say what the group before
has done to every task, so that affinity is tracked at no further pass (see `tracking`), and now and then a network is
regrouped by it (see `regrouping`).

Here, many such networks train as one stack. One with fewer groups idles while the others finish the batch.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch

from distgroup.encoders import Encoder
from distgroup.errors import DivergedError
from distgroup.grouping import Grouping
from distgroup.scores import Floats
from distgroup.seeding import torch_rng
from distgroup.training.blocks import Blocks
from distgroup.training.data import Data
from distgroup.training.regrouping import Adaptive, Regrouping, regrouped
from distgroup.training.settings import Training
from distgroup.training.stack import Stack
from distgroup.training.tracking import Tracking, track_


class Selective:
    """Networks [seeds × candidates], seed by seed; a candidate is a grouping or a rule that makes one.

    Laws: what becomes of a network does not depend on the others (up to the rounding of batched products); a head
    whose task is not acting keeps its parameters and optimizer state, and so does a network that idles.
    """

    def __init__(
        self,
        data: Data,
        encoder: Encoder,
        training: Training,
        seeds: Sequence[int],
        candidates: Sequence[Grouping | Adaptive],
        tracking: Tracking | None,
    ) -> None:
        """Without ``tracking`` no losses are computed; every candidate must be a grouping then."""
        if tracking is None and any(isinstance(candidate, Adaptive) for candidate in candidates):
            raise ValueError("an adaptive grouping is made from tracked affinity: tracking is needed")
        self.stack = Stack(data, encoder, training, seeds, [frozenset(data.names)] * len(candidates))
        self.candidates, self.tracking = tuple(candidates) * len(seeds), tracking
        self.seeds = [seed for seed in seeds for _ in candidates]
        tasks = len(data.names)
        self.affinity = torch.zeros(len(self.stack), tasks, tasks, dtype=torch.float64, device=data.device)
        """Tracked so far, [networks, source, target], in the order of the data's tasks."""
        alone = Grouping.of([name] for name in data.names)
        self.groupings = [alone if isinstance(one, Adaptive) else one for one in self.candidates]
        self.regroupings = [[Regrouping(0, grouping, self._affinity(i))] for i, grouping in enumerate(self.groupings)]
        self._blocks = Blocks(self.stack)
        self._owner = torch.tensor(self.stack.network.task_of_output, device=data.device)

    def train(self, batches: int) -> None:
        """Train on so many batches. Raises DivergedError if a network's parameters are no longer finite."""
        for _ in range(batches):
            self.step()
        self.check()

    def step(self) -> None:
        """One batch of every network: a step a group."""
        stack, tracking = self.stack, self.tracking
        self._regroup()
        plan = self._plan()
        turns, acting = len(plan) - 1, torch.tensor(plan, device=stack.data.device)
        inputs, targets, share = stack.batch(stack.steps_done)
        last = tracking is not None and tracking.credits_last(stack.steps_done)
        before = torch.empty(0, device=stack.data.device)
        for turn in range(turns + last):
            logits = stack.forward(inputs)
            if tracking:
                after = stack.task_losses(logits, targets, share)
                if turn:
                    track_(self.affinity, tracking.credited(acting, turn, last), before, after, tracking.beta)
                before = after
            if turn < turns:
                weights = acting[turn][:, self._owner, None]
                stack.backward(inputs, stack.errors(targets, share).mul_(weights), stack.gradient)
                self._blocks.step(plan[turn])
        stack.steps_done += 1

    def check(self) -> None:
        """Raise DivergedError, naming grouping and seed, if a network is no longer finite."""
        finite = self.stack.parameters.isfinite().all(1) & self.affinity.isfinite().flatten(1).all(1)
        lost = (~finite).nonzero().flatten().tolist()
        if lost:
            raise DivergedError(
                f"network {self.groupings[lost[0]]}, seed {self.seeds[lost[0]]}, diverged within "
                f"{self.stack.steps_done} batches; lower training.optimizer.lr "
                f"({self.stack.training.optimizer.lr:g})"
            )

    def _regroup(self) -> None:
        """Make the groupings that are due before the next batch."""
        step, names = self.stack.steps_done, self.stack.data.names
        due = [(i, one) for i, one in enumerate(self.candidates) if isinstance(one, Adaptive) and one.due(step)]
        if due:
            self.check()
        for i, candidate in due:
            affinity = self._affinity(i)
            self.groupings[i] = regrouped(names, affinity, candidate.num_groups, candidate.selector)
            self.regroupings[i].append(Regrouping(step, self.groupings[i], affinity))

    def _affinity(self, network: int) -> Floats:
        found: Floats = self.affinity[network].cpu().numpy().copy()
        return found

    def _plan(self) -> list[list[list[bool]]]:
        """Which tasks act on the next batch, [turns, networks, tasks], and at the end a turn in which none does."""
        step, names = self.stack.steps_done, self.stack.data.names
        most = max(len(grouping) for grouping in self.groupings)
        plan = [[[False] * len(names) for _ in self.groupings] for _ in range(most + 1)]
        for i, (seed, grouping) in enumerate(zip(self.seeds, self.groupings, strict=True)):
            for turn, group in enumerate(group_order(seed, step, len(grouping))):
                plan[turn][i] = [name in grouping.groups[group] for name in names]
        return plan


@lru_cache(maxsize=256)
def group_order(seed: int, step: int, groups: int) -> list[int]:
    """The order in which the groups of a grouping act on a batch: drawn by seed, step and their number alone."""
    return torch.randperm(groups, generator=torch_rng(seed, "order", step)).tolist()
