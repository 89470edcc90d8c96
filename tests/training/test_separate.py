from collections import Counter

import numpy as np
import pytest
import torch
from builders import KINDS, make_problem, make_task_set

from distgroup.encoders import Mlp
from distgroup.grouping import group_of
from distgroup.models import Network
from distgroup.training.separate import Chunk, chunk_size, plan, train_chunk, widest_last
from distgroup.training.settings import Adam, Sgd

CPU = torch.device("cpu")
NAMES = ("colour", "height", "late", "light", "width")


@pytest.mark.parametrize("count", [1, 2, 4, 5])
@pytest.mark.parametrize("widths", [(8,), (400, 400)])
def test_every_subset_once_a_seed(count, widths):
    problem = make_problem(make_task_set(NAMES[:count]), widths=widths)
    trained = Counter((chunk.seed, group) for chunk in plan(problem, (0, 7)) for group in chunk.groups)
    groups = {group_of(mask, NAMES) for mask in range(1, 1 << count)}
    assert trained == {(seed, group): 1 for seed in (0, 7) for group in groups}


def test_singletons_come_first_and_alone():
    problem = make_problem(make_task_set(NAMES))
    for seed in (0, 7):
        first, *rest = (chunk for chunk in plan(problem, (0, 7)) if chunk.seed == seed)
        assert {len(group) for group in first.groups} == {1}
        assert all(len(group) > 1 for chunk in rest for group in chunk.groups)


def test_chunks_are_of_even_size_and_no_larger_than_fits():
    problem = make_problem(make_task_set(NAMES), widths=(400, 400))
    size = chunk_size(Network(problem.encoder, 5, problem.task_set.tasks), 16)
    assert size == 4
    sizes = [len(chunk.groups) for chunk in plan(problem, (0,))][1:]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1


def test_small_networks_make_large_chunks():
    tasks = tuple(KINDS.values())
    assert chunk_size(Network(Mlp(widths=(8,)), 5, tasks), 16) == 64
    narrow, wide = (chunk_size(Network(Mlp(widths=(width, width)), 128, tasks), 128) for width in (64, 128))
    assert narrow >= wide


def test_wide_heads_are_left_out_of_half_of_the_chunks():
    tasks = make_task_set(NAMES).tasks
    assert widest_last(tasks)[-1] == "colour"


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_a_chunk_trains_each_network_as_it_would_alone(missing):
    problem = make_problem(make_task_set(missing=missing))
    for chunk in plan(problem, (5,)):
        together = train_chunk(problem, chunk, CPU)
        for row, group in enumerate(chunk.groups):
            alone = train_chunk(problem, Chunk(5, (group,)), CPU)
            columns = [together.tasks.index(task) for task in alone.tasks]
            for split in ("val", "test"):
                found, expected = together.evaluations[split], alone.evaluations[split]
                np.testing.assert_allclose(found.loss[row, columns], expected.loss[0], rtol=1e-4)
                np.testing.assert_allclose(found.metric[row, columns], expected.metric[0], atol=0.05)


def test_twice_the_same_chunk_gives_the_same_numbers():
    problem = make_problem()
    chunk = list(plan(problem, (0,)))[1]
    first, second = (train_chunk(problem, chunk, CPU).evaluations["test"] for _ in range(2))
    np.testing.assert_array_equal(first.loss, second.loss)
    np.testing.assert_array_equal(first.metric, second.metric)


def test_a_key_changes_with_all_that_determines_the_result():
    chunk = Chunk(0, (frozenset({"height"}), frozenset({"height", "light"})))
    problem = make_problem()
    keys = [
        chunk.key(problem),
        Chunk(1, chunk.groups).key(problem),
        Chunk(0, chunk.groups[:1]).key(problem),
        Chunk(0, chunk.groups[::-1]).key(problem),
        chunk.key(make_problem(make_task_set(seed=1))),
        chunk.key(make_problem(make_task_set(missing=0.1))),
        chunk.key(make_problem(make_task_set(("light", "height", "colour", "width")))),
        chunk.key(make_problem(widths=(9,))),
        chunk.key(make_problem(widths=(8, 8))),
        chunk.key(make_problem(steps=21)),
        chunk.key(make_problem(batch_size=17)),
        chunk.key(make_problem(optimizer=Adam(lr=0.02))),
        chunk.key(make_problem(optimizer=Sgd(lr=0.01))),
        chunk.key(make_problem(optimizer=Sgd(lr=0.01, momentum=0.5))),
    ]
    assert len(set(keys)) == len(keys)


def test_a_key_is_the_same_for_the_same_work():
    chunk = Chunk(0, (frozenset({"height", "light"}),))
    again = Chunk(0, (frozenset({"light", "height"}),))
    assert chunk.key(make_problem()) == again.key(make_problem())
