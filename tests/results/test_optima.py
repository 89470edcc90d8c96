import numpy as np
import pytest
from builders import make_problem, make_task_set, random_gains

from distgroup.floor import mean_cover_delta_m
from distgroup.grouping import Grouping
from distgroup.results.optima import optima_rows
from distgroup.results.store import Store
from distgroup.truth import Truth

NAMES = ("height", "light", "colour")


def make_truth(seeds):
    rng = np.random.default_rng(0)
    return Truth(NAMES, range(seeds), random_gains(rng, 3, seeds), random_gains(rng, 3, seeds))


@pytest.fixture
def table(tmp_path):
    store = Store(tmp_path)
    store.write("optima", "optima", optima_rows(make_problem(make_task_set(NAMES)), make_truth(3)))
    return store.read("optima")


def test_one_row_a_kind_and_number_of_groups(table):
    found = list(zip(table["kind"], table["num_groups"], strict=True))
    assert found == [(kind, number) for kind in ("cover", "partition") for number in (1, 2, 3)]
    assert table["seed"].isna().all()
    assert not table.drop(columns="seed").isna().any().any()


def test_a_row_is_the_truth_of_its_grouping(table):
    truth = make_truth(3)
    for row in table.itertuples():
        grouping = Grouping.parse(row.grouping)
        assert grouping == truth.optimum(row.num_groups, row.kind)
        for split, mean, sd in (
            ("val", row.delta_m_val, row.delta_m_val_sd),
            ("test", row.delta_m_test, row.delta_m_test_sd),
        ):
            per_seed = truth.delta_m(grouping, split)
            assert mean == pytest.approx(per_seed.mean())
            assert sd == pytest.approx(np.sqrt(((per_seed - per_seed.mean()) ** 2).sum() / 2))
        assert row.all_in_one_delta_m_test == pytest.approx(truth.delta_m(truth.all_in_one, "test").mean())
        assert row.noise_ceiling == pytest.approx(truth.noise_ceiling)


def test_the_random_floor_is_that_of_the_kind(table):
    truth = make_truth(3)
    val, test = (truth.gains[split].mean(axis=0) for split in ("val", "test"))
    for row in table.itertuples():
        expected = (
            mean_cover_delta_m(val, test, row.num_groups)[-1]
            if row.kind == "cover"
            else truth.mean_partition_delta_m(row.num_groups)
        )
        assert row.mean_delta_m_test == pytest.approx(expected)
    assert table.groupby("num_groups")["mean_delta_m_test"].nunique()[1] == 1


def test_more_groups_are_never_worse_and_a_cover_never_worse_than_a_partition(table):
    worth = table.pivot_table(index="num_groups", columns="kind", values="delta_m_val")
    assert (worth.diff().dropna() >= -1e-12).all().all()
    assert (worth["cover"] >= worth["partition"] - 1e-12).all()


def test_one_seed_has_no_spread():
    rows = optima_rows(make_problem(make_task_set(NAMES)), make_truth(1))
    assert np.isnan([row["delta_m_test_sd"] for row in rows]).all()
    assert np.isnan([row["noise_ceiling"] for row in rows]).all()
