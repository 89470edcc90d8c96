"""A partition found from an affinity matrix by greedy merging, moves and seeded restarts; no subset is enumerated."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from distgroup.scores import Floats

Labels = NDArray[np.intp]

SPARE = 4
"""Empty groups that moves may open where the number of groups is free."""


def block_worth(within: Floats, alone: Floats, size: Floats) -> Floats:
    """What groups score in all: the affinities within over (size − 1), or what a task alone scores. Any one shape."""
    worth: Floats = np.where(size == 1, alone, within / np.maximum(size - 1, 1))
    return np.where(size == 0, 0.0, worth)


def partition_search(affinity: Floats, alone: Floats, max_groups: int, seed: int) -> Iterator[Labels]:
    """Better and better partitions, without end; each is an array of group numbers, shape [tasks].

    ``affinity`` [source, target] has a zero diagonal; all numbers are finite. First, groups are merged, two that gain
    most at a time, until there are few enough and no merger gains. Then, the single move that gains most, while one
    does. Then again and again a few groups are shuffled, and the moves repeated from the best so far.
    """
    both = affinity + affinity.T
    rng = np.random.default_rng(seed)
    labels = merged(both, alone, max_groups)
    slots = min(max_groups, int(labels.max()) + 1 + SPARE)
    best, reached = moved(both, alone, labels, slots)
    yield best
    while True:
        labels, total = moved(both, alone, shuffled(best, rng), slots)
        if total > reached + 1e-12 * abs(reached):
            best, reached = labels, total
        yield best


def merged(both: Floats, alone: Floats, max_groups: int) -> Labels:
    """By merging from single tasks up; ``both`` is the affinity plus its transpose."""
    n = len(both)
    between, within, worth, size = both.copy(), np.zeros(n), alone.copy(), np.ones(n)
    labels = np.arange(n)
    gains = between - worth[:, None] - worth
    np.fill_diagonal(gains, -np.inf)
    partner, most = gains.argmax(axis=1), gains.max(axis=1)
    for left in range(n, 1, -1):
        a = int(most.argmax())
        b = int(partner[a])
        if most[a] <= 0 and left <= max_groups:
            break
        within[a] += within[b] + between[a, b]
        size[a] += size[b]
        worth[a] = block_worth(within[a], alone[a], size[a])
        between[a] += between[b]
        between[:, a] = between[a]
        labels[labels == b] = a
        size[b] = 0
        gains[b] = gains[:, b] = -np.inf
        joint = (within[a] + within + between[a]) / np.maximum(size[a] + size - 1, 1) - worth[a] - worth
        gains[a] = gains[:, a] = np.where((size == 0) | (np.arange(n) == a), -np.inf, joint)
        # Only these rows can have another best partner now: those whose best is gone or changed, or that gain by it.
        stale = np.flatnonzero((partner == a) | (partner == b) | (gains[:, a] > most) | (np.arange(n) == a))
        partner[stale], most[stale] = gains[stale].argmax(axis=1), gains[stale].max(axis=1)
    return np.unique(labels, return_inverse=True)[1]


def moved(both: Floats, alone: Floats, labels: Labels, slots: int) -> tuple[Labels, float]:
    """By single moves, and what the partition then scores. Labels are below ``slots``; some slots may be empty."""
    labels = labels.copy()
    n = len(both)
    tasks = np.arange(n)
    here = np.zeros((n, slots))
    here[tasks, labels] = 1.0
    links, size, single = both @ here, here.sum(axis=0), alone @ here
    within = (links * here).sum(axis=0) / 2

    def joining(groups: Labels) -> Floats:
        larger = np.broadcast_to(size[groups] + 1, (n, len(groups)))
        grown = block_worth(within[groups] + links[:, groups], single[groups] + alone[:, None], larger)
        return grown - block_worth(within[groups], single[groups], size[groups])

    joined = joining(np.arange(slots))
    while True:
        worth = block_worth(within, single, size)
        own = links[tasks, labels]
        left = block_worth(within[labels] - own, single[labels] - alone, size[labels] - 1) - worth[labels]
        gains = joined + left[:, None]
        gains[tasks, labels] = 0.0
        task, into = divmod(int(gains.argmax()), slots)
        if gains[task, into] <= 1e-12 * (1 + np.abs(worth).max()):
            return labels, float(worth.sum())
        out = labels[task]
        for group, sign in ((out, -1), (into, 1)):
            within[group] += sign * links[task, group]
            single[group] += sign * alone[task]
            size[group] += sign
            links[:, group] += sign * both[task]
        labels[task] = into
        joined[:, [out, into]] = joining(np.array([out, into]))


def shuffled(labels: Labels, rng: np.random.Generator) -> Labels:
    """The tasks of two to four groups dealt out among them again at random."""
    used = np.unique(labels)
    groups = rng.choice(used, size=min(len(used), int(rng.integers(2, 5))), replace=False)
    inside = np.isin(labels, groups)
    labels = labels.copy()
    labels[inside] = rng.choice(groups, size=int(inside.sum()))
    return labels
