"""Regret between settings: what it is where settings agree, where they do not, and that the tables are made of it."""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from builders import make_problem, make_task_set, random_gains

from distgroup.results.subsets import alone_of, subset_rows
from distgroup.training.separate import plan, train_chunk
from distgroup.training.settings import Adam
from distgroup.truth import Truth

pytest.importorskip("matplotlib", reason="figures of experiments are drawn with it: pip install distgroup[experiments]")

FOLDER = Path(__file__).parents[2] / "experiments" / "hyperparameters"
NAMES = ("settings", "transfer", "summary", "figures", "readme", "run")
TASKS = ("a", "b", "c", "d")


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield SimpleNamespace(**{name: import_module(name) for name in NAMES})
    for name in NAMES:
        del sys.modules[name]


def truth(gains):
    """Test equals validation, and every seed every other."""
    gains = np.repeat(gains[:1], 3, axis=0)
    return Truth(TASKS, (0, 1, 2), gains, gains)


def frame(scripts, truths):
    return pd.DataFrame(scripts.transfer.of_truths(truths)).assign(taskset="drawn")


def test_without_noise_the_optimum_of_equal_truths_transfers(scripts):
    same = truth(random_gains(np.random.default_rng(0), 4, 1))
    rows = frame(scripts, dict.fromkeys(scripts.settings.SETTINGS, same))
    np.testing.assert_allclose(rows["regret"], 0.0, atol=1e-12)


def test_the_optimum_of_opposite_truths_does_not_transfer(scripts):
    gains = random_gains(np.random.default_rng(0), 4, 1)
    settings = scripts.settings.SETTINGS
    found = scripts.summary.cells(
        frame(scripts, {at: truth(-gains if at == "lr × 4" else gains) for at in settings})
    ).set_index(["groups", "at", "judged_at"])["regret"]
    assert found["any", "lr × 4", "lr × 4"] == found["any", "default", "width / 4"] == 0
    assert found["any", "lr × 4", "default"] > 10
    assert found["any", "default", "lr × 4"] > 10


def test_intervals_hold_the_mean_and_vanish_without_spread(scripts):
    rng = np.random.default_rng(1)
    truths = {
        at: Truth(TASKS, (0, 1, 2), *random_gains(rng, 4, 6).reshape(2, 3, 16, 4)) for at in scripts.settings.SETTINGS
    }
    rows = frame(scripts, truths)
    spread = scripts.summary.penalties(rows)
    assert (spread["low"] < spread["penalty"]).all()
    assert (spread["penalty"] < spread["high"]).all()
    still = scripts.summary.penalties(rows.assign(share=(rows["at"] == rows["judged_at"]).astype(float)))
    np.testing.assert_allclose(still[["penalty", "low", "high"]], -100.0)


def test_agreement_of_a_truth_with_itself_is_its_noise_ceiling(scripts):
    gains = random_gains(np.random.default_rng(2), 4, 5)
    one = Truth(TASKS, range(5), gains, gains)
    assert scripts.transfer.agreement(one, one) == pytest.approx(one.noise_ceiling)


def test_tables_and_figures_of_a_small_run(scripts, tmp_path, monkeypatch):
    monkeypatch.setattr(scripts.run, "TABLES", tmp_path / "tables")
    monkeypatch.setattr(scripts.run, "TRUTH_SEEDS", (0, 1))
    monkeypatch.setattr(scripts.run, "SEEDS", (10, 11))
    found = scripts.run.transferred("small", small_problems(scripts))
    kinds = {"truth", *scripts.run.ESTIMATORS}
    assert set(found["regrets"]["estimator"]) == kinds
    assert found["regrets"]["regret"].notna().all()
    found |= {
        "cells": scripts.summary.cells(found["regrets"]),
        "penalties": scripts.summary.penalties(found["regrets"]),
    }
    indifferent = found["penalties"]["estimator"].isin(["label_similarity", "random"])
    np.testing.assert_allclose(found["penalties"].loc[indifferent, "penalty"], 0.0, atol=1e-9)
    scripts.figures.draw(found["cells"], found["penalties"], tmp_path / "figures")
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"small.png", "penalty.png"}
    readme = tmp_path / "README.md"
    readme.write_text(f"words\n{scripts.readme.BEGIN}\nold\n{scripts.readme.END}\nmore", encoding="utf-8")
    scripts.readme.write(found, readme)
    written = readme.read_text(encoding="utf-8")
    assert all(f"| {kind} |" in written for kind in kinds)
    assert "old" not in written


def small_problems(scripts):
    """Three tasks at every setting, eight times narrower, with the truth where the experiment looks for it."""
    problems, task_set = {}, make_task_set(("height", "light", "width"))
    for at, setting in scripts.settings.SETTINGS.items():
        problems[at] = make_problem(task_set, widths=(setting.width // 8,), steps=4, optimizer=Adam(lr=setting.lr))
        alone = {}
        for chunk in plan(problems[at], scripts.run.TRUTH_SEEDS):
            trained = train_chunk(problems[at], chunk, torch.device("cpu"))
            if chunk.seed not in alone:
                alone[chunk.seed] = alone_of(trained)
            rows = subset_rows(problems[at], trained, alone[chunk.seed])
            scripts.run.store("small", at).write("subsets", chunk.key(problems[at]), rows)
    return problems
