"""How many networks enumeration takes, and where it stops."""

import numpy as np
import pytest
from builders import all_partitions, make_problem, make_task_set

from distgroup.enumerable import MOST_TASKS_OF, check_enumerable, number_of_partitions
from distgroup.errors import RequestError
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import TaskSet
from distgroup.training.partitions import plan_partitions
from distgroup.training.separate import plan


def many(tasks):
    rng = np.random.default_rng(0)
    inputs = {split: rng.normal(size=(6, 2)) for split in ("train", "val", "test")}
    labels = {split: rng.normal(size=(6, tasks)) for split in inputs}
    named = [Task(f"t{i}", "regression") for i in range(tasks)]
    return make_problem(TaskSet.from_raw("many", named, inputs, labels))


@pytest.mark.parametrize("n", range(1, 7))
def test_the_number_of_partitions_is_that_of_brute_force(n):
    assert number_of_partitions(n) == len(all_partitions(n))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_as_many_networks_are_planned(n):
    problem = make_problem(make_task_set(("height", "light", "colour", "width")[:n]))
    separate = sum(len(chunk.groups) for chunk in plan(problem, [0, 7]))
    selective = sum(len(chunk.groupings) for chunk in plan_partitions(problem, [0, 7]))
    assert check_enumerable(problem, 2) == separate == 2 * (2**n - 1)
    assert check_enumerable(problem, 2, "selective") == selective


@pytest.mark.parametrize("update", ["separate", "selective"])
def test_beyond_its_limit_each_rule_is_refused(update):
    most = MOST_TASKS_OF[update]
    assert check_enumerable(many(most), 1, update) > 4000
    with pytest.raises(
        RequestError, match=rf"data\.tasks: {most + 1} tasks have .* enumeration of {update} stops at {most}"
    ):
        check_enumerable(many(most + 1), 1, update)
