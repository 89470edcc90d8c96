"""Replayed searches: over the whole table, each trial what the table says, and counted as they should be."""

import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders import random_gains

from distgroup.points import choose, combinations, walk
from distgroup.scores import DenseScores
from distgroup.space import Space
from distgroup.truth import Truth

pytest.importorskip("matplotlib", reason="figures of experiments are drawn with it: pip install distgroup[experiments]")

FOLDER = Path(__file__).parents[2] / "experiments" / "search_efficiency"
NAMES = ("grid", "replay", "targets", "chart", "tables", "tabulate", "run")
SMALL = {
    "estimator": ["lookahead", {"kind": "samplewise", "distance": ["l1", "cosine"]}],
    "num_groups": [1, "auto"],
    "selector": ["exact", "louvain"],
}


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    yield SimpleNamespace(**{name: import_module(name) for name in NAMES})
    for name in (*NAMES, "contenders"):
        del sys.modules[name]


@pytest.fixture
def table():
    return pd.read_parquet(FOLDER / "table.parquet")


def points(scripts, space):
    space = Space.model_validate(space)
    return [scripts.replay.point_of(choose(space, point)) for point in combinations(partial(walk, space))]


def test_the_table_holds_every_point_of_the_space_once(scripts, table):
    every = points(scripts, scripts.replay.SPACE)
    assert len(every) == len(set(every)) == 720
    for _, grid in table.groupby("taskset"):
        assert scripts.replay.values_of(grid).keys() == set(every)
        assert len(grid) == len(every)


def test_a_grid_looks_at_every_point_once_and_so_ends_with_the_best(scripts, monkeypatch):
    monkeypatch.setattr(scripts.replay, "SPACE", SMALL)
    values = {point: float(number) for number, point in enumerate(points(scripts, SMALL))}
    found = scripts.replay.search(values, "grid", 3, 50)
    assert sorted(found) == list(range(12))
    assert list(scripts.replay.improvements(found))[-1] == {"trial": found.index(11) + 1, "delta_m_val": 11.0}


def test_points_are_worth_what_the_truth_says_of_their_grouping(scripts):
    rng = np.random.default_rng(0)
    truth = Truth("abcd", range(3), random_gains(rng, 4, 3), random_gains(rng, 4, 3))
    others = DenseScores(truth.tasks, random_gains(rng, 4, 1)[0])
    rows = pd.DataFrame(scripts.tabulate.points({"measured": truth.scores, "others": others}, truth))
    best = rows.set_index(["estimator", "num_groups", "selector"])["delta_m_val"]
    assert best["measured", "auto", "exact"] == pytest.approx(truth.delta_m(truth.optimum(None), "val").mean())
    assert best["measured", "auto", "exact"] == best.max()
    assert rows.loc[rows["num_groups"] == "1", "grouping"].unique().tolist() == ["a+b+c+d"]


def test_trials_to_the_target_are_those_of_the_first_to_reach_it(scripts):
    grid = pd.DataFrame({"num_groups": ["1", "2", "auto"], "delta_m_val": [-1.0, 0.5, 1.0]})
    improved = pd.DataFrame(
        [("random", 0, 1, -1.0), ("random", 0, 4, 1.0), ("random", 1, 2, 0.5), ("tpe", 0, 2, 1.0), ("tpe", 1, 3, 1.0)],
        columns=["sampler", "seed", "trial", "delta_m_val"],
    )
    found = pd.DataFrame(scripts.targets.summary(improved, grid)).set_index(["target", "sampler"])
    first = found.loc["best", "random"]
    assert first[["points", "never", "quartile_low", "quartile_high"]].tolist() == [1, 0.5, 4, np.inf]
    assert found.loc["gap", "tpe"][["value", "never", "sooner"]].tolist() == pytest.approx([0.9, 0.0, 1.0])
    assert found.loc["gap", "random"]["sooner"] == 0.5
    closed = scripts.targets.closed(improved[improved["sampler"] == "random"], grid, 4)
    np.testing.assert_allclose(closed, [[0, 0, 0, 100], [np.nan, 75, 75, 75]])


def test_a_best_without_gain_has_no_share_to_reach(scripts):
    grid = pd.DataFrame({"num_groups": ["1", "auto"], "delta_m_val": [-1.0, 0.0]})
    assert scripts.targets.targets(grid) == {"gap": pytest.approx(-0.05)}


def test_tables_and_figure_of_a_small_replay(scripts, table, tmp_path):
    grid = table[table["taskset"] == "flights"]
    improved = scripts.run.replayed("flights", grid, 45, 2, tmp_path / "kept")
    assert set(improved["sampler"]) == set(scripts.replay.SAMPLERS)
    pd.testing.assert_frame_equal(improved, scripts.run.replayed("flights", grid, 45, 2, tmp_path / "kept"))
    summed = pd.DataFrame(scripts.targets.summary(improved, grid)).assign(taskset="flights")
    scripts.chart.draw(improved, grid, 45, tmp_path)
    assert (tmp_path / "best_so_far.png").stat().st_size > 10_000
    readme = tmp_path / "README.md"
    readme.write_text(f"words\n{scripts.tables.BEGIN}\nold\n{scripts.tables.END}\nmore", encoding="utf-8")
    scripts.tables.write(improved, summed, grid, 45, readme)
    written = readme.read_text(encoding="utf-8")
    assert "> 45" in written
    assert "old" not in written
