"""Rows of tables `regroupings` and `tracked`: what became of groupings and affinity in the course of training."""

from collections.abc import Iterator, Sequence
from typing import Any

from distgroup.training.course import Course
from distgroup.training.problem import Problem


def regrouping_rows(problem: Problem, trial_id: str, courses: Sequence[Course]) -> list[dict[str, Any]]:
    """One row a (seed, step) at which a grouping was made; step 0 is what training began with."""
    return [
        {**_common(problem, trial_id), "seed": course.seed, "step": made.step, "grouping": str(made.grouping)}
        for course in courses
        for made in course.made
    ]


def tracked_rows(problem: Problem, trial_id: str, courses: Sequence[Course]) -> Iterator[dict[str, Any]]:
    """One row a (seed, step, source, target), for every step at which a grouping was made, and for the end."""
    for course in courses:
        end = course.batches, course.affinity
        for step, affinity in [*((made.step, made.affinity) for made in course.made), end]:
            for s, source in enumerate(course.tasks):
                for t, target in enumerate(course.tasks):
                    yield {
                        **_common(problem, trial_id),
                        "seed": course.seed,
                        "step": step,
                        "source": source,
                        "target": target,
                        "affinity": float(affinity[s, t]),
                    }


def _common(problem: Problem, trial_id: str) -> dict[str, Any]:
    return {"taskset": problem.task_set.name, "spec_hash": problem.digest, "trial_id": trial_id}
