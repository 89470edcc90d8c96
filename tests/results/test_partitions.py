from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import make_problem, make_task_set

from distgroup.gains import gain
from distgroup.grouping import Grouping
from distgroup.partition_truth import PartitionTruth
from distgroup.results.partitions import partition_rows
from distgroup.results.store import Store
from distgroup.results.subsets import alone_of
from distgroup.training.partitions import plan_partitions, train_partitions
from distgroup.training.separate import plan_alone, train_chunk

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", ["relative", "log_ratio", "metric"])
def test_the_table_is_complete_and_gains_are_over_single_task_networks_of_the_seed(kind, tmp_path):
    problem = replace(make_problem(make_task_set(("height", "light", "colour")), steps=5), gain=kind)
    alone = {seed: alone_of(train_chunk(problem, plan_alone(problem, seed), CPU)) for seed in (0, 1)}
    store = Store(tmp_path)
    for chunk in plan_partitions(problem, (0, 1)):
        rows = list(partition_rows(problem, train_partitions(problem, chunk, CPU), alone[chunk.seed]))
        store.write("partitions", chunk.key(problem), rows)
    frame = store.read("partitions")
    assert len(frame) == 2 * 2 * 5 * 3
    assert not frame.drop(columns="metric").isna().any().any()
    assert set(frame["spec_hash"]) == {problem.digest}
    assert (frame["steps"] == 5 * (frame["grouping"].str.count(r"\|") + 1)).all()
    for row in frame.itertuples():
        base = alone[row.seed]
        parts = row.loss, base.loss[row.split, row.task], row.metric, base.metric[row.split, row.task]
        assert row.gain == pytest.approx(gain(kind, *map(np.array, parts)), rel=1e-12, nan_ok=True)
    if kind == "relative":
        truth = PartitionTruth.from_table(frame, problem.task_set.names, (0, 1))
        one = frame[(frame["grouping"] == "colour|height+light") & (frame["split"] == "test")]
        expected = one.groupby("seed")["gain"].mean().to_numpy()
        np.testing.assert_allclose(truth.delta_m(Grouping.parse("height+light|colour"), "test"), expected, rtol=1e-12)


def test_an_incomplete_table_is_refused(tmp_path):
    problem = make_problem(make_task_set(("height", "light")), steps=2)
    alone = alone_of(train_chunk(problem, plan_alone(problem, 0), CPU))
    rows = [
        row
        for chunk in plan_partitions(problem, (0,))
        for row in partition_rows(problem, train_partitions(problem, chunk, CPU), alone)
    ]
    Store(tmp_path).write("partitions", "some", rows[:-1])
    with pytest.raises(ValueError, match="lacks 1 of 8 gains"):
        PartitionTruth.from_table(Store(tmp_path).read("partitions"), problem.task_set.names, (0,))
