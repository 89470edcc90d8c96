"""From a partition to groups that overlap: tasks that help a group and are served elsewhere."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from distgroup.scores import Floats
from distgroup.selectors.partition_search import SPARE, Labels, merged, moved, shuffled


def overlap_search(affinity: Floats, alone: Floats, max_groups: int, seed: int) -> Iterator["Overlap"]:
    """Better and better covers, without end; arguments as for `partition_search`.

    First the helpers for the partition that merging and moves find. Then, from the best so far: who serves whom is
    shuffled in part, made a better partition by moves every second time, and given helpers anew.
    """
    both = affinity + affinity.T
    rng = np.random.default_rng(seed)
    labels = merged(both, alone, max_groups)
    slots = min(max_groups, int(labels.max()) + 1 + SPARE)
    best = Overlap(affinity, alone, moved(both, alone, labels, slots)[0]).improved()
    yield best
    move = False
    while True:
        labels = shuffled(best.served, rng)
        found = Overlap(affinity, alone, moved(both, alone, labels, slots)[0] if move else labels).improved()
        best = found if found.total() > best.total() * (1 + 1e-12) else best
        move = not move
        yield best


class Overlap:
    """Groups that may overlap, each task served by one that holds it; improved one membership at a time.

    A task may join a group as a helper, be served there if that is better, or leave a group that does not serve it.
    ``affinity`` [source, target] has a zero diagonal; ``alone`` [tasks]; ``labels`` [tasks] is the partition.
    """

    def __init__(self, affinity: Floats, alone: Floats, labels: Labels) -> None:
        self.affinity, self.alone = affinity, alone
        self.served = labels.copy()
        count = int(labels.max()) + 1
        self.member: NDArray[np.bool_] = labels[:, None] == np.arange(count)
        self.size = self.member.sum(axis=0).astype(float)
        self.taken = affinity.T @ self.member
        """What the members of a group do to a task in all, shape [tasks, groups]."""
        self.given = affinity @ self.member
        """What a task does in all to those that a group serves, shape [tasks, groups]."""

    def improved(self) -> "Overlap":
        """After the best step each time, while one gains."""
        while self._step():
            pass
        return self

    def total(self) -> float:
        """Sum over tasks of the score in the serving group."""
        return float(self._scores()[np.arange(len(self.served)), self.served].sum())

    def groups(self) -> list[list[int]]:
        """The members of each group, by position."""
        return [np.flatnonzero(column).tolist() for column in self.member.T if column.any()]

    def _scores(self) -> Floats:
        """What each group gives each of its members, shape [tasks, groups]; −inf for others."""
        mean = self.taken / np.maximum(self.size - 1, 1)
        return np.where(self.member, np.where(self.size == 1, self.alone[:, None], mean), -np.inf)

    def _step(self) -> bool:
        tasks = np.arange(len(self.served))
        scores = self._scores()
        now = scores[tasks, self.served]
        serves = np.zeros_like(self.member)
        serves[tasks, self.served] = True
        worth = np.where(serves, scores, 0.0).sum(axis=0)
        total = np.where(serves, self.taken, 0.0).sum(axis=0)
        used = serves.any(axis=0)
        single = np.where(serves, self.alone[:, None], 0.0).sum(axis=0)

        helped = (total + self.given) / np.maximum(self.size, 1) - worth
        switched = np.maximum(self.taken / np.maximum(self.size, 1) - now[:, None], 0.0)
        join = np.where(self.member | ~used, -np.inf, helped + switched)
        fewer = np.where(self.size == 2, single, (total - self.given) / np.maximum(self.size - 2, 1))
        leave = np.where(self.member & ~serves, fewer - worth, -np.inf)

        gains = np.maximum(join, leave)
        task, group = divmod(int(gains.argmax()), gains.shape[1])
        if gains[task, group] <= 1e-12 * (1 + np.abs(worth).max()):
            return False
        self._toggle(task, group)
        self._reassign()
        return True

    def _toggle(self, task: int, group: int) -> None:
        sign = -1 if self.member[task, group] else 1
        self.member[task, group] = sign > 0
        self.size[group] += sign
        self.taken[:, group] += sign * self.affinity[task]

    def _reassign(self) -> None:
        """Each task to the group that now serves it best; groups that serve none are emptied."""
        scores = self._scores()
        best = scores.argmax(axis=1)
        better = scores.max(axis=1) > scores[np.arange(len(best)), self.served]
        for task in np.flatnonzero(better):
            self.given[:, self.served[task]] -= self.affinity[:, task]
            self.given[:, best[task]] += self.affinity[:, task]
            self.served[task] = best[task]
        idle = ~np.isin(np.arange(len(self.size)), self.served)
        self.member[:, idle] = False
        self.size[idle] = 0
        self.taken[:, idle] = 0.0
