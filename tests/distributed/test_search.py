"""The search: reproducible trials, one estimation an estimator, either update rule, failures as rows."""

import json

import numpy as np
import pandas as pd
import pytest
from distributed.small import SEEDS, TASKS, bench, problem

from distgroup.distributed.search import at_a_time, run_search
from distgroup.grouping import Grouping
from distgroup.proposals import number_of_trials
from distgroup.resources import Resources
from distgroup.results.store import Store
from distgroup.search import Search
from distgroup.space import Space
from distgroup.trial import Bench

pytestmark = pytest.mark.usefixtures("two_cpus")

SPACE = {"estimator": ["random", "label_similarity", {"kind": "lookahead", "every": 5}], "num_groups": [2, "auto"]}


def search(on: Bench, space=SPACE, **options) -> pd.DataFrame:
    ended = []
    run_search(on, Search(space=space, **options), Resources(), lambda: ended.append(1))
    trials = on.store.read("trials").sort_values("trial_id", ignore_index=True)
    assert len(ended) == len(trials)
    return trials


def timeless(trials: pd.DataFrame) -> pd.DataFrame:
    return trials.drop(columns="cost_seconds")


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    on = bench(tmp_path_factory.mktemp("search"))
    return on, search(on, trials=12, batch=4, sampler={"kind": "tpe", "seed": 3})


def test_the_same_spec_gives_the_same_trials_however_many_run_at_a_time(searched, tmp_path):
    again = search(bench(tmp_path), trials=12, batch=4, max_concurrent=1, sampler={"kind": "tpe", "seed": 3})
    pd.testing.assert_frame_equal(timeless(again), timeless(searched[1]))


def test_lost_trials_are_run_again_and_come_out_the_same(searched):
    on, trials = searched
    for path in sorted((on.store.root / "tables" / "trials").glob("*.parquet"))[3::2]:
        path.unlink()
    kept = {path: path.stat().st_mtime_ns for path in (on.store.root / "tables" / "trials").glob("*.parquet")}
    pd.testing.assert_frame_equal(
        timeless(search(on, trials=12, batch=4, sampler={"kind": "tpe", "seed": 3})), timeless(trials)
    )
    assert kept.items() <= {p: p.stat().st_mtime_ns for p in (on.store.root / "tables" / "trials").glob("*")}.items()


def test_each_estimator_is_measured_once_a_seed(searched):
    affinities = searched[0].store.read("affinities")
    assert not affinities.duplicated(["estimator", "options", "seed", "source", "target"]).any()
    assert set(affinities["seed"]) == set(SEEDS)


def test_a_trial_is_scored_by_the_subsets_table(searched):
    on, trials = searched
    subsets = on.store.read("subsets")
    mean = subsets.groupby(["split", "subset", "task"])["gain"].mean()
    for trial in trials.itertuples():
        serving = {}
        for group in map("+".join, map(sorted, Grouping.parse(trial.grouping).groups)):
            for task in group.split("+"):
                if task not in serving or mean["val", group, task] > mean["val", serving[task], task]:
                    serving[task] = group
        expected = np.mean([mean["test", group, task] for task, group in serving.items()])
        assert trial.delta_m_test == pytest.approx(expected, abs=1e-12)
        assert trial.regret_val >= -1e-12


def test_a_grid_tries_every_combination_once(searched):
    on = searched[0]
    store = Store(on.store.root / "grid")
    trials = search(Bench(on.problem, SEEDS, store, on.truth, seconds=on.seconds), trials=100, sampler="grid", batch=8)
    assert len(trials) == 6 == number_of_trials(Search(space=SPACE, trials=100, sampler="grid"), len(TASKS))
    assert not trials.duplicated(["estimator", "num_groups"]).any()


def test_a_diverging_estimation_is_a_failed_row_and_others_go_on(tmp_path):
    trials = search(bench(tmp_path, problem(lr=1e30)), trials=10, sampler={"kind": "random", "seed": 0})
    failed = trials[trials["estimator"] == "lookahead"]
    assert len(failed) > 0
    assert (failed["status"] == "failed").all()
    assert failed["error"].str.contains("diverged").all()
    assert not failed["error"].str.contains("Traceback").any()
    assert (trials.loc[trials["estimator"] != "lookahead", "status"] == "done").all()


ADAPTIVE = {
    "update": ["separate", "selective"],
    "estimator": ["label_similarity"],
    "num_groups": [2],
    "regroup_every": ["never", 2],
}


DYING = '''
import os
from pathlib import Path
from distgroup.estimators import AffinityEstimator

class Dying(AffinityEstimator):
    """Takes its worker with it the first time, as a library that crashes does."""
    kind: str = "dying"
    def measure(self, problem, seeds, device):
        mark = Path(__file__).with_name("died")
        if not mark.exists():
            mark.touch()
            os._exit(1)
        raise ValueError("lived")
    def singleton(self, affinity):
        raise NotImplementedError
'''


@pytest.mark.slow
def test_a_trial_whose_worker_dies_starts_again(tmp_path):
    (tmp_path / "dying_once.py").write_text(DYING)
    space = Space.model_validate(
        {"estimator": [{"kind": "python", "path": "dying_once:Dying"}, "random"], "num_groups": [2]}
    )
    space.estimator[0].estimator.bind(tmp_path)
    trials = search(bench(tmp_path / "results"), space, trials=2, batch=2, sampler="grid")
    assert (tmp_path / "died").exists()
    assert list(trials["status"]) == ["failed", "done"]
    assert trials["error"][0] == "ValueError: lived"


def test_without_ground_truth_trials_of_either_rule_are_scored_by_training(tmp_path):
    of = problem(steps=20)
    trials = search(Bench(of, SEEDS, Store(tmp_path)), ADAPTIVE, trials=3, sampler="grid", batch=3)
    assert list(trials["status"]) == ["done"] * 3, list(trials["error"])
    assert trials["regret_val"].isna().all()
    by = trials.set_index(["update", "regroup_every"])
    assert by.loc[("selective", "2"), "estimator"] == "proximal"
    made = Store(tmp_path).read("regroupings")
    assert set(made["trial_id"]) >= set(trials.loc[trials["regroup_every"] == "2", "trial_id"])
    assert set(Store(tmp_path).read("tracked")["step"]) >= {0, 5, 7, 20}


def test_a_trained_trial_is_what_enumeration_finds(searched, tmp_path):
    """The same networks, trained in stacks of other sizes: equal but for rounding."""
    on = searched[0]
    space = {"estimator": ["label_similarity"], "num_groups": [2], "selector": [{"kind": "exact", "disjoint": True}]}
    trained = search(Bench(on.problem, SEEDS, Store(tmp_path / "trained")), space, trials=1)
    looked_up = search(Bench(on.problem, SEEDS, Store(tmp_path / "up"), on.truth, seconds=on.seconds), space, trials=1)
    assert trained.loc[0, "grouping"] == looked_up.loc[0, "grouping"]
    assert trained.loc[0, "delta_m_test"] == pytest.approx(looked_up.loc[0, "delta_m_test"], rel=1e-3, abs=1e-4)


def test_at_equal_budget_every_method_and_baseline_gets_as_many_trials(tmp_path):
    space = {
        "estimator": ["random", "label_similarity"],
        "num_groups": [2],
        "hyperparameters": {"training.optimizer.lr": {"low": 0.01, "high": 0.1, "log": True}},
    }
    trials = search(
        Bench(problem(), SEEDS, Store(tmp_path)), space, trials=2, batch=2, sampler="random", baselines="equal_budget"
    )
    assert (trials["status"] == "done").all(), list(trials["error"])
    assert trials["estimator"].fillna(trials["baseline"]).value_counts().to_dict() == dict.fromkeys(
        ("random", "label_similarity", "all_in_one", "single_task"), 2
    )
    rates = trials["params"].map(lambda text: json.loads(text)["hyperparameters"]["training.optimizer.lr"])
    assert rates.between(0.01, 0.1).all()
    single = trials[trials["baseline"] == "single_task"]
    assert (single["delta_m_val"] != 0).all()  # against single-task networks at the spec's own rate


def test_no_more_trials_at_a_time_than_there_is_room_for():
    of = Search(space=SPACE, batch=8)
    assert at_a_time(of, Resources(), {"CPU": 3.0}) == 3
    assert at_a_time(of, Resources(cpus=2), {"CPU": 3.0}) == 1
    assert at_a_time(of, Resources(cpus=0.5, gpus=0.5), {"CPU": 16, "GPU": 1}) == 2
    assert at_a_time(Search(space=SPACE, batch=8, max_concurrent=5), Resources(), {"CPU": 64}) == 5
