"""How much exhaustive enumeration takes, and where it stops."""

from itertools import accumulate

from distgroup.errors import RequestError
from distgroup.training.problem import Problem
from distgroup.update import Update

MOST_TASKS = 12
"""4,095 subsets."""

MOST_TASKS_OF: dict[Update, int] = {"separate": MOST_TASKS, "selective": 8}
"""4,140 partitions."""

KINDS: dict[Update, str] = {"separate": "groups", "selective": "partitions"}


def check_enumerable(problem: Problem, seeds: int, update: Update = "separate") -> int:
    """The number of networks to train: every subset, or every partition, of the tasks for every seed.

    Raises RequestError where there are too many tasks.
    """
    n = len(problem.task_set.tasks)
    each = (1 << n) - 1 if update == "separate" else number_of_partitions(n)
    if n > MOST_TASKS_OF[update]:
        raise RequestError(
            f"data.tasks: {n} tasks have {each:,} {KINDS[update]}, which is {each * seeds:,} networks for {seeds} "
            f"seeds; enumeration of {update} stops at {MOST_TASKS_OF[update]} tasks. Name at most "
            f"{MOST_TASKS_OF[update]} of the tasks, or leave {update} out of ground_truth.update"
        )
    return each * seeds


def number_of_partitions(n: int) -> int:
    """The Bell number of ``n`` tasks, by the triangle whose rows each begin with the last number of the one before."""
    row = [1]
    for _ in range(n - 1):
        row = list(accumulate([row[-1], *row]))
    return row[-1]
