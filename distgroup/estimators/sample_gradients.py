"""Gradients of single samples by the shared parameters, and how far apart those of two tasks are."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

Distance = Literal["l1", "sign_disagreement", "cosine"]


class Samples(ABC):
    """Each task's gradients on some rows, at some initialisations."""

    valid: Tensor
    """Shape [rows, tasks]: 1 where the row has the label."""

    @abstractmethod
    def gradient(self, task: int) -> Tensor:
        """One task's gradients, written out: [inits, rows, shared parameters]."""

    @abstractmethod
    def apart(self, distance: Distance, task: int) -> Tensor:
        """Distance of the task's gradient from every task's on the same sample, [inits, tasks, rows]."""


def across(a: Tensor, b: Tensor, distance: Distance) -> Tensor:
    """Mean distance of all pairs of gradients ``a`` and ``b``, each [inits, rows, shared parameters]."""
    if distance == "l1":
        return torch.cdist(a, b, p=1).mean()
    if distance == "sign_disagreement":
        return (a.sign()[:, :, None] != b.sign()[:, None]).to(a.dtype).mean()
    return 1 - (normalize(a, dim=2) @ normalize(b, dim=2).transpose(1, 2)).mean()


def unlike(inner: Tensor, square: Tensor, task: int) -> Tensor:
    """1 − cos, from inner products with the task's gradient and squared lengths, each [inits, tasks, rows]."""
    return 1 - inner / (square * square[:, task, None]).sqrt().clamp_min(torch.finfo(square.dtype).tiny)
