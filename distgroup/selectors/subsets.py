"""Maxima over all pairs of a set and a subset of it, vectorised.

The n tasks' bits are split in a high part, over which Python loops, and a low part of at most ten, whose pairs are one
array: 3^n steps of work, but memory for 3^10.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from distgroup.scores import Floats

Masks = NDArray[np.intp]

LOW_BITS = 10


@cache
def pairs(bits: int) -> tuple[Masks, Masks, Masks]:
    """All (outer, inner ⊆ outer) of so many bits, [3^bits] each, ascending in outer; and where each outer starts."""
    outer = inner = np.zeros(1, dtype=np.intp)
    for bit in 1 << np.arange(bits):
        outer = np.concatenate([outer, outer | bit, outer | bit])
        inner = np.concatenate([inner, inner, inner | bit])
    order = np.argsort(outer, kind="stable")
    outer = outer[order]
    return outer, inner[order], np.searchsorted(outer, np.arange(1 << bits))


def subsets(mask: int) -> Masks:
    """Every subset of a bitmask, the empty one first, shape [2^bits set]."""
    found = np.zeros(1, dtype=np.intp)
    for bit in range(mask.bit_length()):
        if mask >> bit & 1:
            found = np.concatenate([found, found | 1 << bit])
    return found


def best_union(left: Floats, right: Floats) -> Floats:
    """Max over B ⊆ S of left[B] + right[S − B], for every S; all of shape [2^n]."""
    low, highs = _split(len(left))
    outer, inner, starts = pairs(low)
    rest = outer ^ inner
    left, right = left.reshape(-1, 1 << low), right.reshape(-1, 1 << low)
    best = np.full_like(left, -np.inf)
    for high, part in highs:
        candidates = left[part][inner] + right[high ^ part][rest]
        np.maximum(best[high], np.maximum.reduceat(candidates, starts), out=best[high])
    return best.ravel()


def best_superset(values: Floats) -> Floats:
    """Max over G ⊇ B of the sum over t in B of values[G, t], for every B: [2^n, n] to [2^n]."""
    n = values.shape[1]
    low, highs = _split(len(values))
    inner, outer, starts = _by_inner(low)
    inside = (inner[:, None] >> np.arange(low) & 1).astype(bool)
    best = np.full((1 << (n - low), 1 << low), -np.inf)
    last, low_sums = -1, np.empty(0)
    for high, part in highs:
        rows = values[high << low : (high + 1) << low]
        if high != last:
            last, low_sums = high, np.where(inside, rows[outer, :low], 0.0).sum(axis=1)
        high_tasks = [t for t in range(low, n) if part >> (t - low) & 1]
        sums = low_sums + rows[:, high_tasks].sum(axis=1)[outer]
        np.maximum(best[part], np.maximum.reduceat(sums, starts), out=best[part])
    return best.ravel()


@cache
def _by_inner(bits: int) -> tuple[Masks, Masks, Masks]:
    outer, inner, _ = pairs(bits)
    order = np.argsort(inner, kind="stable")
    return inner[order], outer[order], np.searchsorted(inner[order], np.arange(1 << bits))


def _split(size: int) -> tuple[int, Iterator[tuple[int, int]]]:
    n = size.bit_length() - 1
    low = min(n, LOW_BITS)
    outer, inner, _ = pairs(n - low)
    return low, zip(outer.tolist(), inner.tolist(), strict=True)
