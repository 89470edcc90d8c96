"""Rows of tables `regroupings` and `tracked`: what became of groupings and affinity in the course of training."""

from collections.abc import Iterator
from typing import Any

from distgroup.training.problem import Problem
from distgroup.training.selective import Selective


def regrouping_rows(problem: Problem, trial_id: str, networks: Selective) -> list[dict[str, Any]]:
    """One row a (seed, step) at which a grouping was made; step 0 is what training began with."""
    return [
        {**_common(problem, trial_id), "seed": seed, "step": made.step, "grouping": str(made.grouping)}
        for seed, history in zip(networks.seeds, networks.regroupings, strict=True)
        for made in history
    ]


def tracked_rows(problem: Problem, trial_id: str, networks: Selective) -> Iterator[dict[str, Any]]:
    """One row a (seed, step, source, target), for every step at which a grouping was made, and for the end."""
    for i, (seed, history) in enumerate(zip(networks.seeds, networks.regroupings, strict=True)):
        end = networks.stack.steps_done, networks.affinity[i].cpu().numpy()
        for step, affinity in [*((made.step, made.affinity) for made in history), end]:
            for s, source in enumerate(networks.stack.data.names):
                for t, target in enumerate(networks.stack.data.names):
                    yield {
                        **_common(problem, trial_id),
                        "seed": seed,
                        "step": step,
                        "source": source,
                        "target": target,
                        "affinity": float(affinity[s, t]),
                    }


def _common(problem: Problem, trial_id: str) -> dict[str, Any]:
    return {"taskset": problem.task_set.name, "spec_hash": problem.digest, "trial_id": trial_id}
