"""Estimates that are kept: each is made once, whatever trials ask for it."""

import hashlib
from collections.abc import Sequence

import torch

from distgroup.estimators.base import Estimator
from distgroup.estimators.estimate import Estimate
from distgroup.results.estimates import estimate_from, estimate_rows, table_of
from distgroup.results.store import Store
from distgroup.training.problem import Problem


def estimates(
    problem: Problem, estimator: Estimator, seeds: Sequence[int], store: Store, device: torch.device
) -> Estimate:
    """The estimate for these seeds: what the tables have is read, the rest made and written. Raises DivergedError."""
    worker = estimator.resolved()
    table = table_of(worker)
    keys = {seed: _key(problem, estimator, seed) for seed in seeds}
    missing = [seed for seed in seeds if not store.has(table, keys[seed])]
    if missing:
        fresh = worker.estimate(problem, missing, device)
        for i, seed in enumerate(missing):
            common = {
                "taskset": problem.task_set.name,
                "spec_hash": problem.digest,
                "estimator": estimator.kind,
                "options": estimator.model_dump_json(exclude={"kind"}),
            }
            store.write(table, keys[seed], [common | row for row in estimate_rows(fresh, i)])
    parts = [store.part(table, keys[seed]) for seed in seeds]
    return estimate_from(worker, problem.task_set.names, seeds, parts)


def _key(problem: Problem, estimator: Estimator, seed: int) -> str:
    text = "|".join((problem.digest, estimator.identity(), str(seed)))
    return f"{estimator.kind}-{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"
