"""A trial's row, of all four kinds, against values computed by hand from the networks' own losses."""

from itertools import combinations

import numpy as np
import pytest
import torch
from builders import make_problem, make_task_set
from scipy.stats import spearmanr

from distgroup.by_training import Report
from distgroup.choice import Choice
from distgroup.estimators import GradientCosine, LabelSimilarity, Random
from distgroup.grouping import Grouping, all_partitions
from distgroup.partition_truth import PartitionTruth
from distgroup.results.partitions import partition_rows
from distgroup.results.store import Store
from distgroup.results.subsets import alone_of, subset_rows
from distgroup.selectors import Exact
from distgroup.training.partitions import plan_partitions, train_partitions
from distgroup.training.separate import plan, train_chunk
from distgroup.trial import Bench
from distgroup.truth import Truth

CPU = torch.device("cpu")
NAMES, SEEDS = ("colour", "height", "light"), (4, 9)
STEPS = 12


@pytest.fixture(scope="module")
def problem():
    return make_problem(make_task_set(NAMES), steps=STEPS)


@pytest.fixture(scope="module")
def enumerated(problem, tmp_path_factory):
    """A bench with both truths, made without Ray; every network is said to have taken 2 seconds."""
    store, alone = Store(tmp_path_factory.mktemp("trial")), {}
    for chunk in plan(problem, SEEDS):
        trained = train_chunk(problem, chunk, CPU)
        alone.setdefault(chunk.seed, alone_of(trained) if len(chunk.groups[0]) == 1 else None)
        store.write("subsets", chunk.key(problem), subset_rows(problem, trained, alone[chunk.seed]))
    for chunk in plan_partitions(problem, SEEDS):
        rows = partition_rows(problem, train_partitions(problem, chunk, CPU), alone[chunk.seed])
        store.write("partitions", chunk.key(problem), list(rows))
    truth = Truth.from_table(store.read("subsets"), NAMES, SEEDS)
    partitions = PartitionTruth.from_table(store.read("partitions"), NAMES, SEEDS)
    names = {*store.read("subsets")["subset"], *store.read("partitions")["grouping"]}
    return Bench(problem, SEEDS, store, truth, partitions, dict.fromkeys(names, 2.0))


@pytest.fixture
def bare(problem, tmp_path):
    """A bench where nothing is enumerated."""
    return Bench(problem, SEEDS, Store(tmp_path))


def run(bench, choice, trial_id="00000"):
    *reports, row = bench.run(choice, trial_id, CPU)
    assert all(isinstance(report, Report) for report in reports)
    return reports, row


def separate(number=2, estimator=None):
    return Choice("separate", estimator or LabelSimilarity(), number, Exact())


def selective(number=2, regroup_every="never"):
    adaptive = regroup_every != "never"
    return Choice("selective", None if adaptive else LabelSimilarity(), number, Exact(), regroup_every)


def gains_of_subsets(bench, split):
    """(seed, subset, task) → gain, from the losses in the table."""
    table = bench.store.read("subsets")
    loss = table[table["split"] == split].set_index(["seed", "subset", "task"])["loss"]
    return {key: (loss[key[0], key[2], key[2]] - value) / loss[key[0], key[2], key[2]] for key, value in loss.items()}


def gains_of_partitions(bench, split):
    subsets, table = bench.store.read("subsets"), bench.store.read("partitions")
    own = subsets[(subsets["split"] == split) & (subsets["subset"] == subsets["task"])]
    alone = own.set_index(["seed", "task"])["loss"]
    loss = table[table["split"] == split].set_index(["seed", "grouping", "task"])["loss"]
    return {key: (alone[key[0], key[2]] - value) / alone[key[0], key[2]] for key, value in loss.items()}


def of_grouping(gains, grouping, chosen_by):
    """Δm [seeds]: each task from the group that validation prefers, in the mean over seeds."""
    per_task = []
    for task in NAMES:
        mine = ["+".join(sorted(group)) for group in grouping.groups if task in group]
        serves = max(mine, key=lambda group: np.mean([chosen_by[seed, group, task] for seed in SEEDS]))
        per_task.append([gains[seed, serves, task] for seed in SEEDS])
    return np.mean(per_task, axis=0)


def check_delta_m(row, split, per_seed):
    assert row[f"delta_m_{split}"] == pytest.approx(per_seed.mean())
    assert row[f"delta_m_{split}_sd"] == pytest.approx(per_seed.std(ddof=1))


@pytest.mark.parametrize("number", [1, 2, None])
def test_looked_up_separate(enumerated, number):
    reports, row = run(enumerated, separate(number))
    assert reports == []
    val, test = gains_of_subsets(enumerated, "val"), gains_of_subsets(enumerated, "test")
    grouping = Grouping.parse(row["grouping"])
    assert len(grouping) <= (number or 3)
    for split, gains in (("val", val), ("test", test)):
        check_delta_m(row, split, of_grouping(gains, grouping, val))
    allowed = [one for one in covers() if len(one) <= (number or 3)]
    best = max(allowed, key=lambda one: of_grouping(val, one, val).mean())
    for split, gains in (("val", val), ("test", test)):
        regret = (of_grouping(gains, best, val) - of_grouping(gains, grouping, val)).mean()
        assert row[f"regret_{split}"] == pytest.approx(regret, abs=1e-12)
    partitions = [of_grouping(test, one, val).mean() for one in all_partitions(NAMES) if len(one) <= (number or 3)]
    assert row["rank_percentile"] == pytest.approx(100 * np.mean(np.array(partitions) <= row["delta_m_test"] + 1e-12))
    assert row["cost_steps"] == STEPS * len(SEEDS) * len(grouping)
    assert row["cost_seconds"] == pytest.approx(2.0 * len(grouping), abs=1.0)


def covers():
    """Every set of up to 3 groups that covers the tasks."""
    groups = [frozenset(group) for size in (1, 2, 3) for group in combinations(NAMES, size)]
    sets = [found for size in (1, 2, 3) for found in combinations(groups, size)]
    return [Grouping.of(found) for found in sets if frozenset().union(*found) == set(NAMES)]


def test_looked_up_selective(enumerated):
    reports, row = run(enumerated, selective())
    assert reports == []
    grouping = Grouping.parse(row["grouping"])
    assert grouping.is_partition
    delta_m = {}
    for split in ("val", "test"):
        gains = gains_of_partitions(enumerated, split)
        delta_m[split] = {
            str(one): np.array([np.mean([gains[seed, str(one), task] for task in NAMES]) for seed in SEEDS])
            for one in all_partitions(NAMES)
            if len(one) <= 2
        }
        check_delta_m(row, split, delta_m[split][str(grouping)])
    best = max(delta_m["val"], key=lambda one: delta_m["val"][one].mean())
    for split in ("val", "test"):
        regret = (delta_m[split][best] - delta_m[split][str(grouping)]).mean()
        assert row[f"regret_{split}"] == pytest.approx(regret, abs=1e-12)
    assert row["cost_steps"] == STEPS * len(SEEDS) * len(grouping)
    assert row["cost_seconds"] == pytest.approx(2.0, abs=1.0)


def test_the_estimate_is_part_of_the_cost(enumerated):
    _, row = run(enumerated, separate(estimator=GradientCosine()))
    groups = len(Grouping.parse(row["grouping"]))
    assert row["cost_steps"] == STEPS * len(SEEDS) * (groups + 1)


def test_spearman_is_that_of_predicted_and_measured_gains_in_groups_of_two_and_more(enumerated):
    _, row = run(enumerated, separate(estimator=Random()))
    table = enumerated.store.read("affinities")
    own = table[table["estimator"] == "random"]
    affinity = own.groupby(["source", "target"])["affinity"].mean()
    test = gains_of_subsets(enumerated, "test")
    measured, predicted = [], []
    for subset in {key[1] for key in test if "+" in key[1]}:
        for task in subset.split("+"):
            measured.append(np.mean([test[seed, subset, task] for seed in SEEDS]))
            predicted.append(np.mean([affinity[other, task] for other in subset.split("+") if other != task]))
    assert row["spearman"] == pytest.approx(spearmanr(predicted, measured).statistic)


@pytest.mark.parametrize("number", [1, 2, None])
def test_trained_separate_finds_what_was_enumerated_and_knows_no_regret(bare, enumerated, number):
    _, row = run(bare, separate(number))
    _, looked_up = run(enumerated, separate(number))
    assert row["grouping"] == looked_up["grouping"]
    for split in ("val", "test"):
        assert row[f"delta_m_{split}"] == pytest.approx(looked_up[f"delta_m_{split}"], rel=1e-3, abs=1e-4)
    assert row["cost_steps"] == looked_up["cost_steps"]
    for column in ("regret_val", "regret_test", "gap_closed_test", "rank_percentile", "spearman"):
        assert row.get(column) is None


def test_trained_selective_finds_what_was_enumerated(bare, enumerated):
    reports, row = run(bare, selective())
    _, looked_up = run(enumerated, selective())
    assert row["grouping"] == looked_up["grouping"]
    assert row["delta_m_test"] == pytest.approx(looked_up["delta_m_test"], rel=1e-3, abs=1e-4)
    assert row["cost_steps"] == looked_up["cost_steps"]
    assert row.get("regret_test") is None
    assert len(reports) == 10
    assert reports[-1].delta_m == pytest.approx(row["delta_m_val"])
    assert [report.steps for report in reports] == sorted(report.steps for report in reports)
    assert reports[-1].steps == row["cost_steps"]


def test_an_adaptive_trials_steps_are_those_of_its_groupings(enumerated):
    reports, row = run(enumerated, selective(2, regroup_every=4), "00007")
    made = enumerated.store.read("regroupings")
    made = made[made["trial_id"] == "00007"]
    total = 0
    for _, course in made.groupby("seed"):
        steps = [*course["step"], STEPS]
        assert steps == [0, 3, 7, 11, 12]
        assert course["grouping"].iloc[0] == "colour|height|light"
        for grouping, begin, end in zip(course["grouping"], steps[:-1], steps[1:], strict=True):
            total += len(Grouping.parse(grouping)) * (end - begin)
    assert row["cost_steps"] == total == reports[-1].steps
    assert row["grouping"] in set(made.groupby("seed")["grouping"].last())
    assert row["spearman"] is None
    partitions = enumerated.partitions
    best = partitions.delta_m(partitions.optimum(2), "test").mean()
    assert row["regret_test"] == pytest.approx(best - row["delta_m_test"])
    tracked = enumerated.store.read("tracked")
    assert set(tracked.loc[tracked["trial_id"] == "00007", "step"]) == {0, 3, 7, 11, 12}


def test_an_adaptive_trial_without_truth_has_no_regret(bare):
    _, row = run(bare, selective(None, regroup_every=4))
    assert np.isfinite(row["delta_m_test"])
    assert row.get("regret_test") is None
    assert row.get("rank_percentile") is None


def test_hyperparameters_are_trained_with_and_gains_are_against_the_specs_own(enumerated):
    choice = Choice(
        "separate", LabelSimilarity(), 2, Exact(), hyperparameters={"training.steps": 3, "model.encoder.widths": [2]}
    )
    _, row = run(enumerated, choice)
    assert row.get("regret_test") is None
    table = enumerated.store.read("subsets")
    own = table[table["steps"] == 3]
    assert row["cost_steps"] == 3 * len(own.drop_duplicates(["seed", "subset"]))
    singles = table[(table["steps"] == STEPS) & (table["subset"] == table["task"])]
    alone = singles.set_index(["seed", "task", "split"])["loss"]
    for one in own.itertuples():
        base = alone[one.seed, one.task, one.split]
        assert one.gain == pytest.approx((base - one.loss) / base)


BASELINES = [("all_in_one", "colour+height+light"), ("single_task", "colour|height|light")]


@pytest.mark.parametrize(("name", "grouping"), BASELINES)
def test_baselines_are_scored_like_any_other(enumerated, name, grouping):
    number = {"all_in_one": 1, "single_task": 3}[name]
    _, row = run(enumerated, Choice("separate", None, number, None, baseline=name))
    assert row["grouping"] == grouping
    delta_m = enumerated.truth.delta_m(Grouping.parse(grouping), "test")
    assert row["delta_m_test"] == pytest.approx(delta_m.mean())
    assert row["regret_test"] == pytest.approx(enumerated.truth.regret(delta_m, number, "test"))
    assert row["spearman"] is None
    assert row["cost_steps"] == STEPS * len(SEEDS) * number
