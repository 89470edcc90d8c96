"""Enumeration in Ray tasks: complete, resumable, the same whatever trains it."""

import pandas as pd
import pytest
from distributed.small import SEEDS, TASKS, problem

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.errors import DivergedError
from distgroup.results.store import Store

pytestmark = pytest.mark.usefixtures("two_cpus")


def rows(root) -> pd.DataFrame:
    columns = ["seed", "subset", "split", "task"]
    return Store(root).read("subsets").drop(columns="seconds").sort_values(columns, ignore_index=True)


@pytest.fixture(scope="module")
def enumerated(tmp_path_factory):
    root = tmp_path_factory.mktemp("truth")
    assert sum(enumerate_subsets(problem(), SEEDS, Store(root))) == 15 * 2
    return root


def test_every_task_of_every_subset_of_every_seed_is_scored_once(enumerated):
    table = rows(enumerated)
    assert not table.duplicated(["seed", "subset", "split", "task"]).any()
    assert len(table) == 2 * 2 * sum(len(TASKS) * 8 // len(TASKS) for _ in TASKS)
    assert set(table["split"]) == {"val", "test"}
    assert (table["steps"] == 15).all()


def test_gain_is_over_the_single_task_network_of_the_same_seed(enumerated):
    table = rows(enumerated).set_index(["seed", "subset", "split", "task"])
    alone, pair = table.loc[(1, "ink", "val", "ink")], table.loc[(1, "ink+sum", "val", "ink")]
    assert pair["gain"] == pytest.approx((alone["loss"] - pair["loss"]) / alone["loss"], abs=1e-15)
    singletons = table[table.index.get_level_values("subset") == table.index.get_level_values("task")]
    assert (singletons["gain"] == 0).all()


def test_what_is_there_is_not_trained_again(enumerated):
    parts = {path: path.stat().st_mtime_ns for path in enumerated.rglob("*.parquet")}
    assert sum(enumerate_subsets(problem(), SEEDS, Store(enumerated))) == 30
    assert parts == {path: path.stat().st_mtime_ns for path in enumerated.rglob("*.parquet")}


def test_a_lost_part_is_trained_again_and_comes_out_the_same(enumerated):
    before = rows(enumerated)
    next((enumerated / "tables" / "subsets").glob("*.parquet")).unlink()
    list(enumerate_subsets(problem(), SEEDS, Store(enumerated)))
    pd.testing.assert_frame_equal(rows(enumerated), before, check_exact=True)


def test_more_seeds_train_only_the_new_ones(enumerated):
    parts = {path: path.stat().st_mtime_ns for path in enumerated.rglob("*.parquet")}
    list(enumerate_subsets(problem(), (*SEEDS, 7), Store(enumerated)))
    assert parts.items() <= {path: path.stat().st_mtime_ns for path in enumerated.rglob("*.parquet")}.items()
    assert set(rows(enumerated)["seed"]) == {0, 1, 7}


def test_a_diverging_network_is_named(tmp_path):
    with pytest.raises(DivergedError, match=r"seed 0.*lower training.optimizer.lr"):
        list(enumerate_subsets(problem(lr=1e30), [0], Store(tmp_path)))
