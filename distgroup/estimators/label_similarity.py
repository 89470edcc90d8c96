"""`label_similarity`: do the labels themselves agree? The cheap baseline that papers leave out."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from sklearn.metrics import normalized_mutual_info_score

from distgroup.estimators.base import AffinityEstimator, Measured, mean_off_diagonal
from distgroup.estimators.estimate import Floats
from distgroup.tasks.task import Task
from distgroup.training.problem import Problem


class LabelSimilarity(AffinityEstimator):
    """Agreement of two tasks' labels on the training rows that have both; symmetric, in [0, 1], the same for all seeds.

    |Pearson correlation| for regressions and binary tasks; where a multiclass task takes part, normalised mutual
    information, a regression being cut at its deciles. 0 for tasks without a common row. Trains nothing.

    Similarity has no zero from which on sharing pays. A singleton is worth the mean similarity of different tasks: a
    task joins where it finds more than that.
    """

    kind: Literal["label_similarity"] = "label_similarity"

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:  # noqa: ARG002
        tasks, labels = problem.task_set.tasks, problem.task_set.splits["train"].labels
        affinity = np.eye(len(tasks))
        for i, a in enumerate(tasks):
            for j, b in enumerate(tasks[:i]):
                affinity[i, j] = affinity[j, i] = agreement(a, labels[:, i], b, labels[:, j])
        return Measured(np.repeat(affinity[None], len(seeds), axis=0), 0)

    def singleton(self, affinity: Floats) -> Floats:
        return mean_off_diagonal(affinity)


def agreement(a: Task, x: Floats, b: Task, y: Floats) -> float:
    """Similarity of two tasks' labels [rows], NaN where missing."""
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[both], y[both]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    if "multiclass" in (a.kind, b.kind):
        return float(normalized_mutual_info_score(classes(a, x), classes(b, y)))
    return float(abs(np.corrcoef(x, y)[0, 1]))


def classes(task: Task, labels: Floats) -> Floats:
    """The labels as classes: a regression's deciles."""
    if task.kind != "regression":
        return labels
    deciles: Floats = np.searchsorted(np.quantile(labels, np.arange(1, 10) / 10), labels, side="right").astype(float)
    return deciles
