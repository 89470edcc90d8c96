"""Partitions enumerated in Ray tasks: complete, resumable, measured against the same networks as the subsets."""

import pandas as pd
import pytest
from distributed.small import SEEDS, TASKS, problem

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.distributed.partitions import enumerate_partitions
from distgroup.errors import DivergedError
from distgroup.partition_truth import PartitionTruth
from distgroup.results.store import Store

pytestmark = pytest.mark.usefixtures("two_cpus")


def rows(root) -> pd.DataFrame:
    columns = ["seed", "grouping", "split", "task"]
    return Store(root).read("partitions").drop(columns="seconds").sort_values(columns, ignore_index=True)


def parts(root):
    return {path: path.stat().st_mtime_ns for path in root.rglob("*.parquet")}


@pytest.fixture(scope="module")
def enumerated(tmp_path_factory):
    root = tmp_path_factory.mktemp("partitions")
    assert sum(enumerate_partitions(problem(), SEEDS, Store(root))) == 15 * 2
    return root


def test_every_partition_of_every_seed_is_scored(enumerated):
    table = rows(enumerated)
    assert not table.duplicated(["seed", "grouping", "split", "task"]).any()
    assert len(table) == 2 * 15 * 2 * 4
    assert len(PartitionTruth.from_table(table, TASKS, SEEDS).groupings) == 15


def test_what_is_there_is_not_trained_again_and_a_lost_part_comes_out_the_same(enumerated):
    before, table = parts(enumerated), rows(enumerated)
    assert sum(enumerate_partitions(problem(), SEEDS, Store(enumerated))) == 30
    assert parts(enumerated) == before
    next((enumerated / "tables" / "partitions").glob("*.parquet")).unlink()
    assert sum(enumerate_partitions(problem(), SEEDS, Store(enumerated))) == 30
    pd.testing.assert_frame_equal(rows(enumerated), table, check_exact=True)


def test_gains_are_over_the_single_task_networks_of_the_subsets(enumerated, tmp_path):
    list(enumerate_subsets(problem(), SEEDS, Store(tmp_path)))
    before = parts(tmp_path)
    list(enumerate_partitions(problem(), SEEDS, Store(tmp_path)))
    assert before.items() <= parts(tmp_path).items()
    pd.testing.assert_frame_equal(rows(tmp_path), rows(enumerated), check_exact=True)
    subsets = Store(tmp_path).read("subsets").set_index(["seed", "subset", "split", "task"])
    table = rows(tmp_path).set_index(["seed", "grouping", "split", "task"])
    alone = subsets.loc[(1, "ink", "val", "ink"), "loss"]
    found = table.loc[(1, "ink+sum|left_digit|left_even", "val", "ink")]
    assert found["gain"] == pytest.approx((alone - found["loss"]) / alone, abs=1e-15)


def test_a_diverging_network_is_named(tmp_path):
    with pytest.raises(DivergedError, match=r"seed 0.*lower training.optimizer.lr"):
        list(enumerate_partitions(problem(lr=1e30), [0], Store(tmp_path)))
