"""The experiment on regroup frequency runs from nothing to its tables, and again from what is there."""

import sys
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "regroup_frequency"
MODULES = [path.stem for path in FOLDER.glob("*.py")]


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in MODULES:  # tests/training is a module of that name to other tests
        monkeypatch.delitem(sys.modules, name, raising=False)
    import readme
    import run
    import task_sets

    yield task_sets, readme, run
    for name in MODULES:
        sys.modules.pop(name, None)


def test_from_nothing_to_tables_and_again_from_what_is_there(scripts, tmp_path):
    task_sets, readme, run = scripts
    tiny = task_sets.Settings(
        batches=6,
        mark=1,
        warm_up=2,
        frequencies=("never", 10),
        rates=(0.003, 0.01),
        search_seeds=(100,),
        seeds=(0, 1, 2),
        brief=1,
        kept=1,
        batch_size=16,
        widths=(4,),
    )
    losses, rates, changes = run.measure("digits_pair", tiny, tmp_path, map)
    assert not losses.isna().any(axis=None)
    same = losses[losses["method"] == "singletons in turn"]
    assert (same["own_steps"] == 36).all()
    assert (same["joint_same_steps"] == 36).all()
    assert (losses["held_steps"] <= 6).all()
    assert (losses["joint_steps"] == 6).all()
    assert (losses["joint_same_steps"] >= losses["own_steps"]).all()
    again = run.measure("digits_pair", tiny, tmp_path, map)
    for old, new in zip((losses, rates, changes), again, strict=True):
        pd.testing.assert_frame_equal(old, new)
    page = tmp_path / "README.md"
    page.write_text(f"before {readme.BEGIN} old {readme.END} after")
    readme.write(losses, rates, changes, page)
    text = page.read_text()
    assert text.startswith("before")
    assert text.endswith("after")
    assert "| 2 groups, every 10 |" in text
