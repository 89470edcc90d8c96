from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import make_problem, make_task_set

from distgroup.gains import gain
from distgroup.results.store import Store
from distgroup.results.subsets import Alone, alone_of, subset_rows
from distgroup.training.separate import plan, train_chunk
from distgroup.truth import Truth

KINDS = ("relative", "log_ratio", "metric")


@pytest.fixture(scope="module")
def problem():
    return make_problem(make_task_set(("height", "light", "colour")), steps=5)


@pytest.fixture(scope="module")
def trained(problem):
    return [train_chunk(problem, chunk, torch.device("cpu")) for chunk in plan(problem, (0, 1))]


def rows_of(problem, trained, kind):
    alone, found = {}, []
    for one in trained:
        seed = one.chunk.seed
        if seed not in alone:
            alone[seed] = alone_of(one)
        found += subset_rows(replace(problem, gain=kind), one, alone[seed])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_complete_and_gains_are_against_the_same_seed(problem, trained, kind, tmp_path):
    store = Store(tmp_path)
    store.write("subsets", "all", rows_of(problem, trained, kind))
    frame = store.read("subsets")
    assert len(frame) == 2 * 2 * (3 * 1 + 3 * 2 + 1 * 3)
    assert not frame.drop(columns="metric").isna().any().any()
    assert set(frame["spec_hash"]) == {replace(problem, gain=kind).digest}
    assert set(frame["steps"]) == {5}
    own = frame[frame["subset"] == frame["task"]]
    assert (own["gain"] == 0).all()
    base = frame.merge(own, on=["seed", "split", "task"], suffixes=("", "_alone"))
    expected = gain(kind, base["loss"], base["loss_alone"], base["metric"], base["metric_alone"])
    np.testing.assert_allclose(base["gain"], expected, rtol=1e-12)
    truth = Truth.from_table(frame, problem.task_set.names, (0, 1))
    assert truth.delta_m(truth.singletons, "test").tolist() == [0.0, 0.0]


def test_what_gains_are_measured_against_reads_back_from_the_table(problem, trained, tmp_path):
    """A resumed run gets the same gains, to the last bit."""
    store = Store(tmp_path)
    fresh = alone_of(trained[0])
    store.write("subsets", "singletons", subset_rows(problem, trained[0], fresh))
    assert Alone.from_frame(store.part("subsets", "singletons")) == fresh


def test_a_networks_seconds_are_its_share_of_the_stack(problem, trained):
    rows = subset_rows(problem, trained[1], alone_of(trained[0]))
    networks = {row["subset"]: row["seconds"] for row in rows}
    assert sum(networks.values()) == pytest.approx(trained[1].seconds)
