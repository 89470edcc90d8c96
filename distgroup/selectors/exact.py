"""`Exact`: the best grouping there is, by dynamic programming over subsets."""

from typing import Literal

import numpy as np

from distgroup.errors import RequestError
from distgroup.grouping import Grouping, group_of, group_text, members
from distgroup.scores import DENSE_LIMIT, Floats, GroupScores, membership
from distgroup.selectors.base import Selection, Selector
from distgroup.selectors.subsets import LOW_BITS, best_superset, best_union, subsets

MOST_OPTIMA = 10_000

Key = tuple[int, tuple[str, ...]]
"""Breaks ties among as many groups: members in all, then the texts in order."""

Blocks = tuple[tuple[int, int], ...]
"""Each block of tasks with the group that serves it, as bitmasks."""


class Exact(Selector):
    """The best cover, or partition if ``disjoint``, by at most so many groups; up to 16 tasks.

    Each task has one serving group, so the best cover is a partition into blocks, block B served by the best group that
    holds it: v(B) = max over G ⊇ B of Σ_{t∈B} score(G, t). Then f_k(S) = max over B ⊆ S of v(B) + f_{k−1}(S − B), with
    f_0(∅) = 0: the optimum of every k in one pass, in O(3^n) steps a group (Held & Karp 1962 for the scheme).

    Of several optima (totals equal up to rounding) the one with the fewest groups is taken, then the smallest groups
    (in all), then the first in the order of canonical texts, compared group by group. A score of −inf forbids a group.
    """

    kind: Literal["exact"] = "exact"
    disjoint: bool = False

    def select(self, scores: GroupScores, max_groups: int | None) -> Selection:
        """The optimum. Raises RequestError beyond 16 tasks, on a NaN, and where no grouping so small is possible."""
        return self.select_each(scores, max_groups)[-1]

    def select_each(self, scores: GroupScores, max_groups: int | None) -> tuple[Selection, ...]:
        """The optima for at most 1, 2, … ``max_groups`` groups, in one pass.

        Numbers too small for any grouping are left out, from the front. Raises RequestError as `select` does.
        """
        program = _Program(scores, max_groups, self.disjoint)
        return tuple(program.selection(k) for k in range(program.least, program.most + 1))

    def all_optima(self, scores: GroupScores, max_groups: int | None) -> tuple[Grouping, ...]:
        """Every grouping with the largest total and, of these, the fewest groups; the one that `select` takes is first.

        Raises RequestError as `select` does, and if there are more than 10,000.
        """
        return _Program(scores, max_groups, self.disjoint).all_optima()


def exact_memory(n: int) -> int:
    """About how many bytes `Exact` holds at its peak for ``n`` tasks: score tables, best totals, one block of pairs."""
    pairs = int(3 ** min(n, LOW_BITS))
    return 8 * ((1 << n) * (4 * n + 4) + pairs * (2 * n + 8))


class _Program:
    """The best totals of every set of tasks and number of groups, and the walk back through them."""

    def __init__(self, scores: GroupScores, max_groups: int | None, disjoint: bool) -> None:
        self.tasks, self.disjoint = scores.tasks, disjoint
        self.most = _limit(len(self.tasks), max_groups)
        self.values = _table(scores)
        self.full = len(self.values) - 1
        self.slack = _rounding(self.values)
        self.block = self.values.sum(axis=1) if disjoint else best_superset(self.values)
        self.best = [np.full(self.full + 1, -np.inf)]
        self.best[0][0] = 0.0
        for _ in range(self.most):
            self.best.append(best_union(self.block, self.best[-1]))
        self.least = self._least()
        self._walked: dict[tuple[int, int], tuple[Key, Blocks]] = {}
        self._server: dict[int, int] = {}

    def _least(self) -> int:
        for k, best in enumerate(self.best):
            if best[self.full] > -np.inf:
                return k
        raise self._refusal()

    def _refusal(self) -> RequestError:
        kind = "partition" if self.disjoint else "cover"
        start = f"no {kind} of the {len(self.tasks)} tasks by at most {self.most} group(s) is allowed by the scores"
        best = self.best[-1]
        for k in range(self.most + 1, len(self.tasks) + 1):
            best = best_union(self.block, best)
            if best[self.full] > -np.inf:
                return RequestError(f"{start}: {k} are the least that would do")
        return RequestError(f"{start}, nor by more")

    def selection(self, most: int) -> Selection:
        _, blocks = self._walk(self.full, self._fewest(most))
        server_of = {t: server for block, server in blocks for t in members(block)}
        serves = {task: group_of(server_of[t], self.tasks) for t, task in enumerate(self.tasks)}
        total = sum(float(self.values[server_of[t], t]) for t in range(len(self.tasks)))
        return Selection(Grouping.of(serves.values()), serves, total, optimal=True, bound=total)

    def all_optima(self) -> tuple[Grouping, ...]:
        first = self.selection(self.most).grouping
        found = self._all(self.full, self._fewest(self.most), {})
        rest = (Grouping.of(group_of(mask, self.tasks) for mask in masks) for masks in found)
        return (first, *sorted((grouping for grouping in rest if grouping != first), key=str))

    def _fewest(self, most: int) -> int:
        enough = self.best[most][self.full] - self.slack
        totals = np.array([best[self.full] for best in self.best])
        return int(np.argmax(totals >= enough))

    def _walk(self, rest: int, k: int) -> tuple[Key, Blocks]:
        """The first optimum of ``rest`` by ``k`` groups: its key, and each block with its server."""
        if not rest:
            return (0, ()), ()
        if (rest, k) not in self._walked:
            self._walked[rest, k] = min(
                self._extended(block, *self._walk(rest ^ block, k - 1)) for block in self._blocks(rest, k)
            )
        return self._walked[rest, k]

    def _extended(self, block: int, key: Key, blocks: Blocks) -> tuple[Key, Blocks]:
        if block not in self._server:
            self._server[block] = min(self._servers(block), key=lambda mask: (mask.bit_count(), self._text(mask)))
        server = self._server[block]
        return (key[0] + server.bit_count(), tuple(sorted((*key[1], self._text(server))))), ((block, server), *blocks)

    def _all(self, rest: int, k: int, walked: dict[tuple[int, int], set[frozenset[int]]]) -> set[frozenset[int]]:
        """Every optimal set of groups of ``rest`` by ``k`` groups."""
        if not rest:
            return {frozenset()}
        if (rest, k) not in walked:
            found: set[frozenset[int]] = set()
            for block in self._blocks(rest, k):
                for others in self._all(rest ^ block, k - 1, walked):
                    found.update(others | {server} for server in self._servers(block))
                    if len(found) > MOST_OPTIMA:
                        raise RequestError(
                            f"more than {MOST_OPTIMA:,} optima: too many groups score alike to list them"
                        )
            walked[rest, k] = found
        return walked[rest, k]

    def _blocks(self, rest: int, k: int) -> list[int]:
        """The blocks with the first task of ``rest`` that an optimum of ``rest`` by ``k`` groups can hold."""
        first = rest & -rest
        blocks = subsets(rest ^ first) | first
        totals = self.block[blocks] + self.best[k - 1][rest ^ blocks]
        optimal: list[int] = blocks[totals >= self.best[k][rest] - self.slack].tolist()
        return optimal

    def _servers(self, block: int) -> list[int]:
        """The groups that serve ``block`` best."""
        if self.disjoint:
            return [block]
        groups = subsets(self.full ^ block) | block
        totals = self.values[groups][:, members(block)].sum(axis=1)
        best: list[int] = groups[totals >= self.block[block] - self.slack].tolist()
        return best

    def _text(self, mask: int) -> str:
        return group_text(group_of(mask, self.tasks))


def _limit(n: int, max_groups: int | None) -> int:
    if n > DENSE_LIMIT:
        raise RequestError(
            f"selector exact stops at {DENSE_LIMIT} tasks: {n} have {2**n - 1:,} groups, which would need about "
            f"{exact_memory(n) / 2**30:,.0f} GiB and 3^{n} = {3**n:.1e} steps a group. "
            "Use milp for a list of networks, greedy for an affinity matrix"
        )
    if max_groups is not None and max_groups < 1:
        raise RequestError(f"max_groups is {max_groups}: at least 1 group is needed")
    return n if max_groups is None else min(n, max_groups)


def _table(scores: GroupScores) -> Floats:
    """Shape [2^n, n], 0 outside the groups."""
    values = scores.dense()
    inside = membership(len(scores.tasks))
    wrong = inside & (np.isnan(values) | np.isposinf(values))
    if wrong.any():
        row, task = (int(i) for i in np.argwhere(wrong)[0])
        raise RequestError(
            f"the score of task {scores.tasks[task]!r} in group {group_text(group_of(row, scores.tasks))!r} is "
            f"{values[row, task]}: a number is needed, or -inf to forbid the group"
        )
    values[~inside] = 0.0
    return values


def _rounding(values: Floats) -> float:
    """By how much two sums of one score a task may differ through rounding alone."""
    largest = np.abs(values, where=np.isfinite(values), out=np.zeros_like(values)).max(axis=0)
    return float(4 * np.finfo(float).eps * len(largest) * largest.sum())
