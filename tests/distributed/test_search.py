"""The search: reproducible trials, one estimation an estimator, failures as rows."""

import numpy as np
import pandas as pd
import pytest
from distributed.small import SEEDS, bench, problem

from distgroup.distributed.search import number_of_trials, run_search
from distgroup.grouping import Grouping
from distgroup.results.store import Store
from distgroup.spec import Search

pytestmark = pytest.mark.usefixtures("two_cpus")

SPACE = {"estimator": ["random", "label_similarity", {"kind": "lookahead", "every": 5}], "num_groups": [2, "auto"]}


def search(root, of=None, **options) -> pd.DataFrame:
    ended = []
    run_search(bench(root, of), Search(space=SPACE, **options), lambda: ended.append(1))
    trials = Store(root).read("trials").sort_values("trial_id", ignore_index=True)
    assert len(ended) == len(trials)
    return trials


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    root = tmp_path_factory.mktemp("search")
    return root, search(root, trials=12, sampler={"kind": "tpe", "seed": 3})


def test_the_same_spec_gives_the_same_trials(searched, tmp_path):
    again = search(tmp_path, trials=12, sampler={"kind": "tpe", "seed": 3})
    pd.testing.assert_frame_equal(again.drop(columns="cost_seconds"), searched[1].drop(columns="cost_seconds"))


def test_each_estimator_is_measured_once_a_seed(searched):
    affinities = Store(searched[0]).read("affinities")
    assert not affinities.duplicated(["estimator", "options", "seed", "source", "target"]).any()
    assert set(affinities["seed"]) == set(SEEDS)


def test_a_trial_is_scored_by_the_subsets_table(searched):
    root, trials = searched
    subsets = Store(root).read("subsets")
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


def test_a_grid_tries_every_combination_once(tmp_path):
    trials = search(tmp_path, trials=100, sampler={"kind": "grid"})
    assert len(trials) == 6 == number_of_trials(Search(space=SPACE, trials=100, sampler={"kind": "grid"}))
    assert not trials.duplicated(["estimator", "num_groups"]).any()


def test_a_diverging_estimation_is_a_failed_row_and_others_go_on(tmp_path):
    trials = search(tmp_path, of=problem(lr=1e30), trials=10, sampler={"kind": "random", "seed": 0})
    failed = trials[trials["estimator"] == "lookahead"]
    assert len(failed) > 0
    assert (failed["status"] == "failed").all()
    assert failed["error"].str.contains("diverged").all()
    assert not failed["error"].str.contains("Traceback").any()
    assert (trials.loc[trials["estimator"] != "lookahead", "status"] == "done").all()
