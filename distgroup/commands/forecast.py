"""What is to be trained, and about how long it takes, in lines of text."""

from collections.abc import Iterator, Sequence

import torch

from distgroup.cost import START, Cost, cost
from distgroup.pace import Pace
from distgroup.sweep import Point
from distgroup.tasks.taskset import TaskSet
from distgroup.update import Update

MOST_POINTS = 20

STEPS: dict[Update, str] = {"separate": "steps", "selective": "batches, a step a group"}


def forecast(points: Sequence[Point]) -> Iterator[str]:
    """The data, and the work; of a sweep, a line a point. Times a few steps of what differs between points."""
    yield from dict.fromkeys(line for point in points for line in _data(point.problem.task_set))
    torch.set_num_threads(1)  # as in Ray's workers
    _ = Pace(points[0].problem).network  # the first training also loads what is loaded late
    paces: dict[tuple[str, str, str], Pace] = {}
    costs = []
    for point in points:
        problem = point.problem
        alike = problem.task_set.digest, problem.encoder.identity(), problem.training.determining
        costs.append(cost(point, paces.setdefault(alike, Pace(problem))))
    yield from _work(costs[0]) if len(costs) == 1 else _sweep(costs)
    networks = sum(sum(one.networks.values()) for one in costs)
    yield (
        f"total: {networks:,} networks enumerated, {sum(one.trials for one in costs):,} trials, about "
        f"{_time(START + sum(one.total for one in costs))}, {START:.0f} of these seconds to start Ray"
    )
    yield "times: an estimate from a few timed steps on one core of this machine; expect half to twice as much"


def _data(task_set: TaskSet) -> Iterator[str]:
    rows = ", ".join(f"{len(split)} {name}" for name, split in task_set.splits.items())
    yield f"data: {task_set.name}, {rows} rows, {task_set.features} inputs"
    yield f"tasks: {', '.join(f'{task.name} ({task.kind})' for task in task_set.tasks)}"


def _work(one: Cost) -> Iterator[str]:
    for update, networks in one.networks.items():
        yield (
            f"ground truth, {update}: {networks:,} networks of {one.steps:,} {STEPS[update]}, "
            f"about {_time(one.enumeration[update])}"
        )
    yield f"search: {one.trials:,} trials; {one.estimates:,} estimates, about {_time(one.estimation)}"
    if one.trained:
        yield f"  about {one.trained:,} of the trials train networks of their own, about {_time(one.training)}"
    if one.trained < one.trials:
        yield f"  about {one.trials - one.trained:,} of the trials are looked up in the ground truth"


def _sweep(costs: Sequence[Cost]) -> Iterator[str]:
    for number, one in enumerate(costs[:MOST_POINTS], start=1):
        yield (
            f"point {number}: {sum(one.networks.values()):,} networks of {one.steps:,} steps, {one.trials:,} trials, "
            f"about {_time(one.total)}"
        )
    if len(costs) > MOST_POINTS:
        yield f"... and {len(costs) - MOST_POINTS} points more"


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.3f} core-hours" if seconds >= 60 else f"{seconds:.1f} core-seconds"
