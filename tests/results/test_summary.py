import json

import numpy as np
import pytest
from builders import random_gains, subsets_frame
from rich.console import Console

from distgroup.errors import RequestError
from distgroup.grouping import Grouping
from distgroup.results.report.summary import reachable, summarise
from distgroup.results.report.terminal import show
from distgroup.results.store import Store
from distgroup.truth import Truth

NAMES, SEEDS = ("a", "b", "c"), (3, 5)


def gains():
    rng = np.random.default_rng(1)
    return random_gains(rng, 3, 2), random_gains(rng, 3, 2)


def trial(number, estimator, grouping, num_groups, **values):
    truth = Truth(NAMES, SEEDS, *gains())
    chosen, most = Grouping.parse(grouping), None if num_groups == "auto" else int(num_groups)
    return {
        "trial_id": str(number),
        "status": "done",
        "estimator": estimator,
        "params": json.dumps({"estimator": {"kind": estimator}}),
        "grouping": grouping,
        "num_groups": num_groups,
        "delta_m_val": truth.delta_m(chosen, "val").mean(),
        "delta_m_test": truth.delta_m(chosen, "test").mean(),
        "regret_test": truth.regret(chosen, most, "test"),
    } | values


TRIALS = [
    trial(0, "lookahead", "a+b+c", "1", spearman=0.3),
    trial(1, "lookahead", "a|b|c", "auto", spearman=0.3),
    trial(2, "lookahead", "a+b|c", "2", spearman=0.3),
    trial(3, "random", "a+c|b", "2", spearman=-0.1),
    {"trial_id": "4", "status": "failed", "estimator": "gradient_cosine", "num_groups": "2", "error": "it diverged"},
]


def spent(estimator, seed, steps, seconds, options="{}"):
    cost = {"cost_steps": steps, "cost_seconds": seconds}
    common = {"estimator": estimator, "options": options, "seed": seed}
    return [common | cost | {"source": s, "target": t, "affinity": 0.0} for s in NAMES for t in NAMES]


@pytest.fixture
def store(tmp_path):
    """7 groups × 2 seeds of 10 steps and half a second each: 140 network-steps, 7 seconds."""
    store = Store(tmp_path)
    subsets = subsets_frame(NAMES, SEEDS, *gains()).assign(taskset="small", steps=10, seconds=0.5)
    store.write("subsets", "s", subsets.to_dict("records"))
    for i, row in enumerate(TRIALS):
        store.write("trials", f"trial-{i}", [row])
    for seed in SEEDS:
        store.write("affinities", f"lookahead-{seed}", spent("lookahead", seed, 7, 0.7))
        store.write("affinities", f"random-{seed}", spent("random", seed, 0, 0.0))
    return store


def test_what_was_enumerated(store):
    summary = summarise(store)
    assert (summary.taskset, summary.tasks, summary.seeds) == ("small", NAMES, SEEDS)
    assert (summary.networks, summary.enumeration_steps, summary.enumeration_seconds) == (14, 140, 7.0)
    assert summary.noise_ceiling == pytest.approx(Truth(NAMES, SEEDS, *gains()).noise_ceiling)


def test_an_estimators_row_is_its_best_trial_on_validation(store):
    truth, found = Truth(NAMES, SEEDS, *gains()), summarise(store).estimators
    assert sorted(found["estimator"]) == ["lookahead", "random"]
    assert found["delta_m"].is_monotonic_decreasing
    row = found.set_index("estimator").loc["lookahead"]
    best = max(TRIALS[:3], key=lambda one: one["delta_m_val"])
    assert row["grouping"] == best["grouping"]
    assert row["num_groups"] == best["num_groups"]
    per_seed = truth.delta_m(Grouping.parse(best["grouping"]), "test")
    assert row["delta_m"] == pytest.approx(per_seed.mean())
    assert row["delta_m_sd"] == pytest.approx(abs(per_seed[0] - per_seed[1]) / np.sqrt(2))
    most = None if best["num_groups"] == "auto" else int(best["num_groups"])
    assert row["gap_closed"] == pytest.approx(truth.gap_closed(Grouping.parse(best["grouping"]), most)[0], nan_ok=True)
    assert (row["spearman"], row["trials"]) == (0.3, 3)


def test_cost_is_a_share_of_enumerating_and_each_estimate_counts_once(store):
    found = summarise(store).estimators.set_index("estimator")
    assert found.loc["lookahead", "cost"] == pytest.approx(2 * 0.7 / 7)
    assert found.loc["lookahead", "cost_steps"] == pytest.approx(2 * 7 / 140)
    assert found.loc["random", "cost_steps"] == 0


def test_the_cost_of_scores_that_were_predicted_directly(store):
    store.write("trials", "trial-9", [trial(9, "pairwise", "a+b|c", "2", spearman=0.2)])
    for seed in SEEDS:
        row = {"estimator": "pairwise", "options": "{}", "seed": seed, "cost_steps": 60, "cost_seconds": 3.0}
        both = [row | {"subset": "a+b", "task": task, "score": 0.1} for task in "ab"]
        store.write("predictions", f"pairwise-{seed}", both)
    found = summarise(store).estimators.set_index("estimator")
    assert found.loc["pairwise", "cost_steps"] == pytest.approx(120 / 140)
    assert found.loc["lookahead", "cost_steps"] == pytest.approx(14 / 140)


def test_references_stand_beside(store):
    truth, found = Truth(NAMES, SEEDS, *gains()), summarise(store).references.set_index("reference")
    assert list(found.index) == ["all-in-one", "single-task", "optimum, 2 groups", "optimum, any"]
    assert found.loc["single-task", "delta_m"] == 0.0
    assert found.loc["optimum, 2 groups", "grouping"] == str(truth.optimum(2))
    assert found.loc["all-in-one", "delta_m"] == pytest.approx(truth.delta_m(truth.all_in_one, "test").mean())


def test_regrets_and_failures(store):
    summary = summarise(store)
    assert summary.regrets.loc["random", "2"] == pytest.approx(TRIALS[3]["regret_test"])
    assert summary.regrets.loc["lookahead", "1"] == 0.0
    assert np.isnan(summary.regrets.loc["random", "auto"])
    assert summary.failed.values.tolist() == [["gradient_cosine", "it diverged"]]


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RequestError, match=f"{tmp_path}: no finished run there"):
        summarise(Store(tmp_path))


def test_a_run_that_is_not_complete_says_so(store):
    lacking = subsets_frame(NAMES, SEEDS, *gains()).assign(taskset="small", steps=10, seconds=0.5)[:-1]
    store.write("subsets", "s", lacking.to_dict("records"))
    with pytest.raises(
        RequestError, match=r"the run is not complete: .* lacks 1 of the test gains; go on with --resume"
    ):
        summarise(store)


def test_an_estimator_tried_with_several_options_has_a_row_for_each(store):
    params = json.dumps({"estimator": {"kind": "lookahead", "every": 5}})
    store.write("trials", "trial-8", [trial(8, "lookahead", "a|b+c", "2", spearman=0.9, params=params)])
    for seed in SEEDS:
        store.write("affinities", f"every5-{seed}", spent("lookahead", seed, 21, 2.1, '{"every":5}'))
    found = summarise(store).estimators.set_index("estimator")
    assert set(found.index) == {"lookahead ", "lookahead every=5", "random"}
    assert found.loc["lookahead every=5", "spearman"] == 0.9
    assert found.loc["lookahead every=5", "cost_steps"] == pytest.approx(42 / 140)


def test_where_every_trial_failed_the_reasons_are_there(tmp_path):
    store = Store(tmp_path)
    subsets = subsets_frame(NAMES, SEEDS, *gains()).assign(taskset="small", steps=10, seconds=0.5)
    store.write("subsets", "s", subsets.to_dict("records"))
    failed = {"trial_id": "0", "status": "failed", "estimator": "lookahead", "num_groups": "2", "error": "it diverged"}
    store.write("trials", "trial-0", [failed])
    found = summarise(store)
    assert found.estimators.empty
    assert list(found.failed["error"]) == ["it diverged"]
    console = Console(record=True, width=100)
    show(found, console)
    assert "it diverged" in console.export_text()


def test_what_an_oracle_would_reach():
    assert reachable(1.0) == 1.0
    assert reachable(0.5) == pytest.approx((2 / 3) ** 0.5)
    assert np.isnan(reachable(-0.1))
