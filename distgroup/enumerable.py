"""How much exhaustive enumeration takes, and where it stops."""

from distgroup.errors import RequestError
from distgroup.training.problem import Problem

MOST_TASKS = 12


def check_enumerable(problem: Problem, seeds: int) -> int:
    """The number of networks to train: every subset of the tasks, every seed. Raises RequestError beyond 12 tasks."""
    n = len(problem.task_set.tasks)
    networks = ((1 << n) - 1) * seeds
    if n > MOST_TASKS:
        raise RequestError(
            f"data.tasks: {n} tasks have {2**n - 1:,} groups, which is {networks:,} networks for {seeds} seeds; "
            f"enumeration stops at {MOST_TASKS} tasks. Name at most {MOST_TASKS} of the tasks"
        )
    return networks
