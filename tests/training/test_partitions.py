"""All partitions as chunks: complete, without idling, each network as it would train alone."""

import numpy as np
import pytest
import torch
from builders import make_problem, make_task_set

from distgroup.grouping import Grouping, all_partitions
from distgroup.training.partitions import PartitionChunk, plan_partitions, train_partitions
from distgroup.training.settings import Adam

CPU = torch.device("cpu")


def test_every_partition_of_every_seed_is_planned_once_and_none_idles():
    problem = make_problem()
    chunks = list(plan_partitions(problem, (3, 5)))
    assert all(len({len(grouping) for grouping in chunk.groupings}) == 1 for chunk in chunks)
    work = [(chunk.seed, grouping) for chunk in chunks for grouping in chunk.groupings]
    assert len(work) == len(set(work)) == 2 * 15
    assert {grouping for _, grouping in work} == set(all_partitions(problem.task_set.names))


def test_what_takes_longest_comes_first():
    numbers = [len(chunk.groupings[0]) for chunk in plan_partitions(make_problem(), (0,))]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_a_chunk_trains_each_network_as_it_would_alone(missing):
    problem = make_problem(make_task_set(missing=missing))
    for chunk in plan_partitions(problem, (5,)):
        together = train_partitions(problem, chunk, CPU)
        for row, grouping in enumerate(chunk.groupings):
            alone = train_partitions(problem, PartitionChunk(5, (grouping,)), CPU)
            assert alone.tasks == together.tasks
            for split in ("val", "test"):
                found, expected = together.evaluations[split], alone.evaluations[split]
                np.testing.assert_allclose(found.loss[row], expected.loss[0], rtol=1e-4)
                np.testing.assert_allclose(found.metric[row], expected.metric[0], atol=0.05)


def test_the_order_of_the_tasks_decides_nothing_but_rounding():
    names = ("height", "light", "colour", "width")
    grouping = Grouping.parse("colour+light|height|width")
    found = []
    for order in (names, names[::-1]):
        task_set = make_task_set(names)
        columns = [names.index(name) for name in order]
        splits = {split: (part.inputs, part.labels[:, columns]) for split, part in task_set.splits.items()}
        reordered = type(task_set).from_raw(
            "synthetic",
            [task_set.tasks[i] for i in columns],
            {split: inputs for split, (inputs, _) in splits.items()},
            {split: labels for split, (_, labels) in splits.items()},
        )
        trained = train_partitions(make_problem(reordered), PartitionChunk(0, (grouping,)), CPU)
        found.append(dict(zip(trained.tasks, trained.evaluations["test"].loss[0], strict=True)))
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_a_key_changes_with_all_that_determines_the_result():
    problem = make_problem()
    pairs, single = Grouping.parse("height+light|colour+width"), Grouping.parse("height|light|colour|width")
    chunk = PartitionChunk(0, (pairs, single))
    keys = [
        chunk.key(problem),
        PartitionChunk(1, chunk.groupings).key(problem),
        PartitionChunk(0, chunk.groupings[:1]).key(problem),
        PartitionChunk(0, chunk.groupings[::-1]).key(problem),
        chunk.key(make_problem(steps=21)),
        chunk.key(make_problem(optimizer=Adam(lr=0.02))),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == PartitionChunk(0, (pairs, single)).key(make_problem())
