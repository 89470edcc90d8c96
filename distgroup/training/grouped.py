"""One network trained on one or many ranks, its groups stepped one after another on each batch.

What `Stack` and `Selective` do for many small networks at once, for one network of any kind, by autograd: on the same
batches, in the same order of groups, with the same tracked affinity, from the same initial numbers. Joint training is
one group; a network of update rule `separate` is joint training of its group.

Of each batch a rank takes every W-th row. Its losses and gradients are sums over those rows, divided by how many labels
the whole batch has; summed over the ranks they are what one rank would have found, so all ranks take the same step and
come to the same grouping. What is random in a module (dropout) is drawn by (seed, rank, step), and the same before and
after a group's step, so that losses compare.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from distgroup.errors import DivergedError
from distgroup.grouping import Group, Grouping, group_text
from distgroup.scores import Floats
from distgroup.training.comm import Ranks
from distgroup.training.data import Data
from distgroup.training.parts import Parts
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive, Regrouping, regrouped
from distgroup.training.replica import Precision, Replica
from distgroup.training.selective import group_order
from distgroup.training.tracking import Tracking, track_


class Grouped:
    """A network of the tasks of ``data``, and how far it has come."""

    def __init__(
        self,
        problem: Problem,
        data: Data,
        seed: int,
        candidate: Grouping | Adaptive,
        tracking: Tracking | None,
        ranks: Ranks,
        precision: Precision = "float32",
    ) -> None:
        """Without ``tracking`` no affinity is tracked, and the candidate must be a grouping."""
        self.data, self.seed, self.candidate, self.tracking = data, seed, candidate, tracking
        self.replica = Replica(problem, data, seed, ranks, precision)
        self.affinity = torch.zeros(1, len(data.tasks), len(data.tasks), dtype=torch.float64)
        """Tracked so far, [1, source, target], in the order of the data's tasks."""
        self.losses = np.full((problem.training.steps, len(data.tasks)), np.nan)
        """Over the whole batch of each step, before its first group acted; NaN where it has no label of the task."""
        self.steps_done = 0
        alone = Grouping.of([name] for name in data.names)
        self.grouping = alone if isinstance(candidate, Adaptive) else candidate
        self.regroupings = [Regrouping(0, self.grouping, self._affinity())]
        self._parts = Parts(data, problem.training, seed, ranks)
        self._lr = problem.training.optimizer.lr

    def step(self) -> None:
        """One batch: a step a group. Raises DivergedError, on all ranks alike, if a loss is not finite on any."""
        self._regroup()
        step, tracking, names = self.steps_done, self.tracking, self.data.names
        groups = [self.grouping.groups[i] for i in group_order(self.seed, step, len(self.grouping))]
        acting = torch.tensor([[[name in group for name in names]] for group in (*groups, ())])
        last = tracking is not None and tracking.credits_last(step)
        parts, labels = self._parts(step)
        before = torch.empty(0)
        for turn in range(len(groups) + last):
            acts = turn < len(groups)
            after = self.replica.gradient(parts, groups[turn], step) if acts else self.replica.look(parts, step)
            self._check_losses(after, groups[turn] if acts else groups[-1])
            if turn == 0:
                self.losses[step] = torch.where(labels > 0, after, torch.nan)
            elif tracking:
                track_(self.affinity, tracking.credited(acting, turn, last), before[None], after[None], tracking.beta)
            before = after
            if acts:
                self.replica.optimizer.step()
        self.steps_done += 1

    def check(self) -> None:
        """Raise DivergedError if the parameters are no longer finite."""
        if not all(one.isfinite().all() for one in self.replica.model.parameters()):
            self._diverged(f"the network of {self.grouping} is no longer finite after {self.steps_done} steps")

    def state(self) -> dict[str, Any]:
        """All that going on from here needs."""
        return {
            "model": self.replica.model.state_dict(),
            "optimizer": self.replica.optimizer.state_dict(),
            "affinity": self.affinity,
            "regroupings": self.regroupings,
            "losses": self.losses[: self.steps_done],
            "steps_done": self.steps_done,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a `state`, whatever number of ranks it was reached on."""
        self.replica.model.load_state_dict(state["model"])
        self.replica.optimizer.load_state_dict(state["optimizer"])
        self.affinity.copy_(state["affinity"])
        self.regroupings, self.steps_done = list(state["regroupings"]), state["steps_done"]
        self.grouping = self.regroupings[-1].grouping
        self.losses[: self.steps_done] = state["losses"]

    def _regroup(self) -> None:
        """Make the grouping anew if that is due before the next batch."""
        if isinstance(self.candidate, Adaptive) and self.candidate.due(self.steps_done):
            affinity = self._affinity()
            found = regrouped(self.data.names, affinity, self.candidate.num_groups, self.candidate.selector)
            self.grouping = self.replica.ranks.decided(found)
            self.regroupings.append(Regrouping(self.steps_done, self.grouping, affinity))

    def _affinity(self) -> Floats:
        found: Floats = self.affinity[0].numpy().copy()
        return found

    def _check_losses(self, losses: Tensor, group: Group) -> None:
        if not losses.isfinite().all():
            task = int((~losses.isfinite()).nonzero()[0])
            what = f"the loss of task {self.data.names[task]!r} is {losses[task]:g}"
            self._diverged(f"{what} at step {self.steps_done}, group {group_text(group)}")

    def _diverged(self, what: str) -> None:
        raise DivergedError(f"{what}, seed {self.seed}; lower training.optimizer.lr ({self._lr:g})")
