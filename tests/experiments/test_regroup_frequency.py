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
    import choices
    import readme
    import run
    import task_sets

    yield task_sets, readme, run, choices
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_from_nothing_to_tables_and_again_from_what_is_there(scripts, tmp_path):
    task_sets, readme, run, _ = scripts
    tiny = task_sets.Settings(
        batches=12,
        earlier=6,
        mark=1,
        warm_up=2,
        frequencies=("never", 10),
        rates=(0.003, 0.01),
        search_seeds=(100,),
        seeds=(0, 1),
        brief=1,
        kept=1,
        batch_size=16,
        widths=(4,),
    )
    losses, rates, changes = run.measure("digits_pair", tiny, tmp_path, map)
    assert not losses.isna().any(axis=None)
    assert list(losses["reading"].unique()) == ["6 batches", "12 batches", "12 batches, stopped"]
    batches, stopped = losses["reading"].str.split().str[0].astype(int), losses["reading"].str.contains("stopped")
    assert (losses["held_steps"] <= batches).all()
    assert (losses["joint_steps"] <= batches).all()
    assert (losses["joint_steps"] == batches)[~stopped].all()
    assert (losses["joint_same_steps"] >= losses["own_steps"])[~stopped].all()
    same = ~stopped & (losses["method"] == "singletons in turn")
    assert (losses["own_steps"] == 6 * batches)[same].all()
    assert (losses["joint_same_steps"] == 6 * batches)[same].all()
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


def test_networks_are_read_at_the_end_or_where_validation_is_best(scripts):
    *_, choices = scripts
    frame = pd.DataFrame({"batches": [10, 20, 30, 40], "steps": [20, 40, 60, 80], "log_val": [0.3, 0.1, 0.2, 0.0]})
    read = frame.assign(method="m", rate=0.1, seed=5)

    def batches(part):
        return part["batches"].item()

    end, best = choices.Reading(30), choices.Reading(30, stopped=True)
    assert (batches(end.after_batches(read)), batches(best.after_batches(read))) == (30, 20)
    assert (batches(end.within_steps(read)), batches(best.within_steps(read))) == (10, 10)
    enough = pd.Series({5: 41})
    assert (batches(end.joint_after(read, enough)), batches(best.joint_after(read, enough))) == (30, 20)
