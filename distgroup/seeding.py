"""Randomness by purpose: every random choice derives from (seed, what it is for).

Never from position, time or scheduling, so the same spec gives the same tables on 1 worker or 8.
"""

import hashlib

import numpy as np
import torch


def derive(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed for one purpose, e.g. ``derive(0, "batches", epoch)``."""
    text = "\x1f".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def numpy_rng(seed: int, *purpose: str | int) -> np.random.Generator:
    """A numpy generator for one purpose."""
    return np.random.default_rng(derive(seed, *purpose))


def torch_rng(seed: int, *purpose: str | int) -> torch.Generator:
    """A CPU torch generator for one purpose: draws are made on the CPU, then moved, so devices agree."""
    return torch.Generator().manual_seed(derive(seed, *purpose))
