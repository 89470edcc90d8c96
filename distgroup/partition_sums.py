"""The worth of every partition at once: for 12 tasks 4.2 million of them, in a second."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def partition_sums(worth: Floats) -> list[Floats]:
    """For every partition the sum of its groups' ``worth`` [2^tasks]; entry k − 1 holds those into exactly k groups.

    By the block that holds a set's first task: all that is left over is a smaller set, whose sums are known.
    """
    full = len(worth) - 1
    sums: dict[int, list[Floats]] = {0: [np.zeros(1)]}
    for tasks in [*range(2, full, 2), full]:
        first = tasks & -tasks
        by_number = defaultdict(list)
        for block in _with(first, tasks ^ first):
            for number, left in enumerate(sums[tasks ^ block]):
                if len(left):
                    by_number[number + 1].append(left + worth[block])
        none = np.zeros(0)
        sums[tasks] = [none, *(np.concatenate(by_number[k]) for k in range(1, tasks.bit_count() + 1))]
    return sums[full][1:]


def _with(first: int, others: int) -> list[int]:
    """Every set of ``first`` and some of ``others``, as bitmasks."""
    found, some = [], others
    while True:
        found.append(first | some)
        if not some:
            return found
        some = (some - 1) & others
