"""Loss and metric of networks on a split."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import r2_score, roc_auc_score
from torch import Tensor

from distgroup.tasks.task import Kind
from distgroup.training.data import Data
from distgroup.training.losses import blocks, row_losses

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """``loss`` and ``metric``, each [networks, tasks] over all tasks of the stack's data."""

    loss: Floats
    metric: Floats


class Networks(Protocol):
    """A stack, or a single network: what predicts for its data."""

    data: Data

    def logits(self, split: str) -> Tensor:
        """Logits of every row of a split, shape [networks, outputs, rows]."""


def evaluate(stack: Networks, split: str) -> Evaluation:
    """Mean loss and metric over the rows of ``split`` that have the label; parameters and optimizer stay untouched."""
    logits = stack.logits(split)
    part = stack.data.splits[split]
    loss = mean_losses(stack, split, logits)
    metric = np.empty(loss.shape)
    columns = np.cumsum([0, *(task.outputs for task in stack.data.tasks)])
    for i, task in enumerate(stack.data.tasks):
        own = slice(columns[i], columns[i + 1])
        seen = part.valid[:, i].bool()
        truth = part.targets[seen][:, own].double().cpu().numpy()
        metric[:, i] = score(task.kind, truth, logits[:, own][:, :, seen].double().cpu().numpy())
    return Evaluation(loss, metric)


def mean_losses(stack: Networks, split: str, logits: Tensor) -> Floats:
    """Mean loss over the rows of ``split`` that have the label, [networks, tasks]."""
    part = stack.data.splits[split]
    valid = part.valid.T
    losses = row_losses(logits, part.targets.T[None], blocks(stack.data.tasks)) * valid
    return (losses.sum(2) / valid.sum(1)).double().cpu().numpy()


def score(kind: Kind, truth: Floats, logits: Floats) -> Floats:
    """R², ROC-AUC or accuracy, shape [networks].

    ``truth`` is [rows, outputs], ``logits`` [networks, outputs, rows]. NaN for a network whose logits are not finite.
    """
    found = np.full(len(logits), np.nan)
    for i, z in enumerate(logits):
        if np.isfinite(z).all():
            found[i] = score_one(kind, truth, z)
    return found


def score_one(kind: Kind, truth: Floats, logits: Floats) -> float:
    if kind == "multiclass":
        return float(np.mean(logits.argmax(0) == truth.argmax(1)))
    metric = r2_score if kind == "regression" else roc_auc_score
    return float(metric(truth[:, 0], logits[0]))
