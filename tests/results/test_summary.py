import json

import numpy as np
import pytest
from results.reported import NAMES, SEEDS, Point
from rich.console import Console

from distgroup.errors import RequestError
from distgroup.grouping import Grouping
from distgroup.results.report.enumerated import reachable
from distgroup.results.report.summary import summarise
from distgroup.results.report.terminal import show
from distgroup.results.store import Store


def printed(store, only=None, width=120):
    console = Console(record=True, width=width)
    show(summarise(store, only), console)
    return console.export_text()


@pytest.fixture
def point(tmp_path):
    """7 groups × 2 seeds: 140 network-steps, 7 seconds; three trials of lookahead, one of random, one that failed."""
    point = Point(Store(tmp_path))
    point.write_point()
    point.write_separate()
    point.trials = [
        point.trial(0, "lookahead", "a+b+c", "1", spearman=0.3),
        point.trial(1, "lookahead", "a|b|c", "auto", spearman=0.3),
        point.trial(2, "lookahead", "a+b|c", "2", spearman=0.3),
        point.trial(3, "random", "a+c|b", "2", spearman=-0.1),
        point.bare(4, "gradient_cosine", "2", status="failed", error="it diverged"),
    ]
    point.spent("lookahead", 7, 0.7)
    point.spent("random", 0, 0.0)
    return point


def methods(store, section=0):
    return summarise(store).sections[section].methods.set_index("method")


def test_what_was_enumerated(point):
    summary = summarise(point.store)
    (found,), (section,) = summary.points, summary.sections
    assert (found.taskset, found.tasks, found.seeds, found.label) == ("small", NAMES, SEEDS, "")
    truth = section.enumerated
    assert (truth.networks, truth.steps, truth.seconds) == (14, 140, 7.0)
    assert truth.truth.noise_ceiling == pytest.approx(point.truth.noise_ceiling)
    assert found.ceilings == {"separate": pytest.approx(point.truth.noise_ceiling)}
    assert summary.succeeded


def test_an_estimators_row_is_its_best_trial_on_validation(point):
    found = summarise(point.store).sections[0].methods
    assert sorted(found["method"]) == ["lookahead", "random"]
    assert found["delta_m"].is_monotonic_decreasing
    row = found.set_index("method").loc["lookahead"]
    best = max(point.trials[:3], key=lambda one: one["delta_m_val"])
    grouping = Grouping.parse(best["grouping"])
    assert (row["grouping"], row["num_groups"]) == (best["grouping"], best["num_groups"])
    per_seed = point.truth.delta_m(grouping, "test")
    assert row["delta_m"] == pytest.approx(per_seed.mean())
    assert row["delta_m_sd"] == pytest.approx(abs(per_seed[0] - per_seed[1]) / np.sqrt(2))
    closed = point.truth.gap_closed(grouping, None if best["num_groups"] == "auto" else int(best["num_groups"]))
    assert (row["gap_closed"], row["gap_closed_se"]) == pytest.approx(closed, nan_ok=True)
    assert (row["spearman"], row["trials"]) == (0.3, 3)


def test_cost_is_a_share_of_enumerating_and_each_estimate_counts_once(point):
    found = methods(point.store)
    assert found.loc["lookahead", "cost"] == pytest.approx(2 * 0.7 / 7)
    assert found.loc["lookahead", "cost_steps"] == pytest.approx(2 * 7 / 140)
    assert found.loc["random", "cost_steps"] == 0
    assert found.loc["random", "share"] == pytest.approx(1 / 7)


def test_the_cost_of_scores_that_were_predicted_directly(point):
    point.trial(9, "pairwise", "a+b|c", "2", spearman=0.2)
    for seed in SEEDS:
        row = {"estimator": "pairwise", "options": "{}", "seed": seed, "spec_hash": "one"}
        row |= {"subset": "a+b", "score": 0.1, "cost_steps": 60, "cost_seconds": 3.0}
        both = [row | {"task": task} for task in "ab"]
        point.store.write("predictions", f"pairwise-{seed}", both)
    found = methods(point.store)
    assert found.loc["pairwise", "cost_steps"] == pytest.approx(120 / 140)
    assert found.loc["lookahead", "cost_steps"] == pytest.approx(14 / 140)


def test_references_stand_beside(point):
    truth, found = point.truth, summarise(point.store).sections[0].references.set_index("reference")
    assert list(found.index) == ["all-in-one", "single-task", "optimum, 2 groups", "optimum, any"]
    assert found.loc["single-task", "delta_m"] == 0.0
    assert found.loc["optimum, 2 groups", "grouping"] == str(truth.optimum(2))
    assert found.loc["all-in-one", "delta_m"] == pytest.approx(truth.delta_m(truth.all_in_one, "test").mean())


def test_regrets_and_failures(point):
    summary = summarise(point.store)
    by_number = summary.sections[0].by_number
    assert by_number.loc["random", "2"] == pytest.approx(point.trials[3]["regret_test"])
    assert by_number.loc["lookahead", "1"] == 0.0
    assert np.isnan(by_number.loc["random", "auto"])
    assert summary.failed[["method", "error"]].values.tolist() == [["gradient_cosine", "it diverged"]]


def test_of_a_number_of_groups_validation_chooses_too(point):
    """Two selectors at 2 groups: the one that validation prefers is shown, though the other does better on test."""
    both = [Grouping.parse(text) for text in ("a+b|c", "b+c|a")]
    worse, better = sorted(both, key=lambda one: point.truth.delta_m(one, "val").mean())
    point.trial(20, "samplewise", str(worse), "2", regret_test=-9.0)
    point.trial(21, "samplewise", str(better), "2", regret_test=9.0)
    assert summarise(point.store).sections[0].by_number.loc["samplewise", "2"] == 9.0


def test_rows_of_other_problems_do_not_disturb(point):
    """Trials with searched hyperparameters leave networks of other specs behind."""
    before = printed(point.store)
    other = Point(point.store, "other", draw=9)
    other.write_separate(slice(5))
    point.store.remove("optima", "other-separate")
    other.spent("lookahead", 999, 99.0)
    assert printed(point.store) == before


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RequestError, match=f"{tmp_path}: no finished run there"):
        summarise(Store(tmp_path))


def test_a_run_that_is_not_complete_says_so(point):
    point.write_separate(slice(-1))
    with pytest.raises(
        RequestError, match=r"the run is not complete: .* lacks 1 of the test gains; go on with --resume"
    ):
        summarise(point.store)


def params(**options):
    return json.dumps({"estimator": {"kind": "lookahead", **options}})


def test_an_estimator_tried_with_several_options_has_a_row_for_each(point):
    point.trial(8, "lookahead", "a|b+c", "2", spearman=0.9, params=params(every=5))
    point.spent("lookahead", 21, 2.1, '{"every":5}')
    found = methods(point.store)
    assert set(found.index) == {"lookahead", "lookahead every=5", "random"}
    assert found.loc["lookahead every=5", "spearman"] == 0.9
    assert found.loc["lookahead every=5", "cost_steps"] == pytest.approx(42 / 140)


def test_an_estimator_whose_options_were_drawn_from_a_range_has_one(point):
    for every in range(6):
        point.trial(30 + every, "samplewise", "a|b+c", "2", params=params(inputs=every))
    assert set(methods(point.store).index) == {"lookahead", "samplewise", "random"}


def test_where_every_trial_failed_the_reasons_are_there(tmp_path):
    point = Point(Store(tmp_path))
    point.write_separate()
    point.bare(0, "lookahead", "2", status="failed", error="it diverged")
    found = summarise(point.store)
    assert found.sections[0].methods.empty
    assert list(found.failed["error"]) == ["it diverged"]
    assert not found.succeeded
    assert "failed: lookahead: it diverged" in printed(point.store)


def test_selective_fixed_and_adaptive_stand_between_joint_training_and_singletons_in_turn(point):
    point.write_selective()
    selective = {"update": "selective"}
    point.trial(10, "lookahead", "a+b|c", "2", **selective)
    adaptive = {"delta_m_val": 5.0, "delta_m_test": 0.7, "delta_m_test_sd": 0.1, "regret_test": -0.2}
    adaptive |= {"gap_closed_test": 1.3, "grouping": "a|b+c", "regroup_every": "10", "cost_seconds": 2.5}
    point.bare(11, "proximal", "auto", **selective, **adaptive, params=json.dumps({"estimator": None}))
    separate, section = summarise(point.store).sections
    assert separate.update == "separate"
    assert set(separate.methods["method"]) == {"lookahead", "random"}
    assert set(section.methods["method"]) == {"lookahead", "adaptive, every 10"}
    row = section.methods.set_index("method").loc["adaptive, every 10"]
    assert (row["regret"], row["gap_closed"], row["share"]) == (-0.2, 1.3, 2.5 / 5)
    assert np.isnan(row["gap_closed_se"])
    assert np.isnan(row["cost"])
    fixed = section.methods.set_index("method").loc["lookahead"]
    delta_m = point.partitions.delta_m(Grouping.parse("a+b|c"), "test")
    assert fixed["regret"] == pytest.approx(point.partitions.regret(delta_m, 2, "test"))
    assert fixed["gap_closed_se"] == pytest.approx(point.partitions.gap_closed(delta_m, 2)[1], nan_ok=True)
    references = section.references.set_index("reference")["delta_m"]
    for name, grouping in {"joint training": "a+b+c", "singletons in turn": "a|b|c"}.items():
        assert references[name] == pytest.approx(point.partitions.delta_m(Grouping.parse(grouping), "test").mean())
    assert (section.enumerated.networks, section.enumerated.steps) == (10, 2 * 10 * (1 + 3 * 2 + 3))
    text = printed(point.store)
    for words in (
        "; separate, a network a group",
        "; selective, one network",
        "joint training",
        "adaptive: the ",
    ):
        assert words in text


def test_without_ground_truth_there_are_gains_and_costs_but_no_regret(tmp_path):
    point = Point(Store(tmp_path))
    point.write_point()
    point.bare(0, "random", "2", grouping="a+b|c", delta_m_val=0.1, delta_m_test=0.2, delta_m_test_sd=0.05)
    point.bare(1, "random", "auto", grouping="a|b|c", delta_m_val=0.3, delta_m_test=0.1, cost_seconds=3.0)
    (section,) = summarise(point.store).sections
    assert section.enumerated is None
    assert (section.measure, section.by_number.loc["random", "2"]) == ("delta_m", 0.2)
    text = printed(point.store)
    assert "regret" not in text.lower()
    assert "3.0 s" in text
    assert "Δm on test, by number of groups" in text
    assert "No truth was enumerated" in text


def test_trials_with_hyperparameters_show_them_and_have_no_regret(point):
    hyper = json.dumps({"estimator": {"kind": "samplewise"}, "hyperparameters": {"training.optimizer.lr": 0.0123456}})
    point.bare(40, "samplewise", "2", grouping="a+b|c", delta_m_val=1.0, delta_m_test=0.9, params=hyper)
    row = methods(point.store).loc["samplewise"]
    assert row["settings"] == "training.optimizer.lr=0.0123"
    assert np.isnan(row["gap_closed_se"])
    assert "(training.optimizer.lr=0.0123)" in printed(point.store)


def test_baselines_have_rows_of_their_own(point):
    for number, (name, groups) in enumerate({"all_in_one": "1", "single_task": "3"}.items(), start=50):
        none = json.dumps({"estimator": None})
        point.trial(number, None, "a+b+c", groups, baseline=name, selector=None, params=none)
    assert {"all-in-one, searched", "single-task, searched"} <= set(methods(point.store).index)


def test_pruned_trials_are_counted_and_never_shown_as_found(point):
    point.bare(60, "samplewise", "2", status="pruned", delta_m_val=99.0)
    assert "samplewise" not in methods(point.store).index
    assert "Trials: 4 done, 1 pruned, 1 failed." in printed(point.store)


def test_the_pareto_front_is_that_of_brute_force(tmp_path):
    point = Point(Store(tmp_path))
    point.write_point(objectives="delta_m cost")
    point.write_separate()
    rng = np.random.default_rng(4)
    values = [(float(rng.integers(6)), int(rng.integers(6))) for _ in range(25)]
    for number, (delta_m, steps) in enumerate(values):
        point.bare(number, "random", "2", grouping="a+b|c", delta_m_val=delta_m, delta_m_test=0.0, cost_steps=steps)
    point.bare(90, "random", "2", status="failed", delta_m_val=99.0, cost_steps=0)
    front = summarise(point.store).points[0].front
    expected = {(d, c) for d, c in values if not any((e >= d and s <= c) and (e, s) != (d, c) for e, s in values)}
    found = list(zip(front["delta_m_val"], front["cost_steps"], strict=True))
    assert set(found) == expected
    assert len(found) == len(expected)
    assert found == sorted(found, reverse=True)
    text = printed(point.store)
    assert "Pareto front on validation: delta_m, cost" in text
    assert "random *" in text


def test_one_objective_has_no_front(point):
    assert summarise(point.store).points[0].front.empty
    assert "Pareto" not in printed(point.store)


@pytest.fixture
def swept(tmp_path):
    """Two learning rates enumerated, one that diverged."""
    store = Store(tmp_path)
    points = [Point(store, name, draw) for draw, name in enumerate(("first", "second", "third"))]
    for rate, each in zip((0.1, 0.2, 9.0), points, strict=True):
        each.write_point(training={"steps": 20, "optimizer": {"kind": "adam", "lr": rate}}, data={"path": f"{rate}"})
    for each in points[:2]:
        each.write_separate()
        each.rows = [each.trial(0, "lookahead", "a+b|c", "2"), each.trial(1, "random", "a+b+c", "auto")]
    points[0].bare(2, "lookahead", "2", status="failed", error="it diverged")
    points[2].write(points[2].about | {"trial_id": "ground_truth", "status": "failed", "error": "all diverged"})
    return points


def test_a_sweep_is_averaged_over_its_points(swept):
    summary = summarise(swept[0].store)
    assert [point.label for point in summary.points] == ["lr=0.1", "lr=0.2", "lr=9.0"]
    assert summary.sections == ()
    row = summary.overall.set_index(["update", "method", "num_groups"]).loc[("separate", "lookahead", "2")]
    regrets = [point.rows[0]["regret_test"] for point in swept[:2]]
    assert row["regret"] == pytest.approx(np.mean(regrets))
    assert row["regret_sd"] == pytest.approx(np.std(regrets, ddof=1))
    assert (row["points"], row["failed"]) == (2, pytest.approx(1 / 3))
    assert summary.overall["regret"].is_monotonic_increasing


def test_a_sweep_says_which_points_failed_and_why(swept):
    summary = summarise(swept[0].store)
    assert not summary.succeeded
    assert [point.error for point in summary.points] == [None, None, "all diverged"]
    assert summary.failed.values.tolist() == [
        ["small", "lr=9.0", "ground truth", "all diverged"],
        ["small", "lr=0.1", "lookahead", "it diverged"],
    ]


def test_a_sweep_is_one_table_and_a_line_a_point(swept):
    text = printed(swept[0].store)
    assert "3 points: regret on test by number of groups" in text
    for i, point in enumerate(swept[:2], start=1):
        line = next(line for line in text.splitlines() if f"lr=0.{i}" in line and "failed" not in line)
        assert f"{point.truth.noise_ceiling:.2f}".replace("nan", "–") in line
    assert "Least regret: " in text
    assert "failed: small lr=9.0, ground truth: all diverged" in text
    assert len(text.splitlines()) < 40


def test_one_point_of_a_sweep_is_shown_as_a_run_of_its_own(swept):
    assert "optimum, 2 groups" in printed(swept[0].store, only=2)
    with pytest.raises(RequestError, match="found point 4; allowed: 1 to 3"):
        summarise(swept[0].store, 4)


def test_points_that_differ_in_their_data_alone_are_told_apart_by_their_hash(tmp_path):
    store = Store(tmp_path)
    for name in ("aaaaaaaa", "bbbbbbbb"):
        point = Point(store, name)
        point.write_point(data={"path": name})
        point.bare(0, "random", "2", grouping="a+b|c", delta_m_val=0.1, delta_m_test=0.2)
    assert [point.label for point in summarise(store).points] == ["aaaaaa", "bbbbbb"]


def test_what_an_oracle_would_reach():
    assert reachable(1.0) == 1.0
    assert reachable(0.5) == pytest.approx((2 / 3) ** 0.5)
    assert np.isnan(reachable(-0.1))
