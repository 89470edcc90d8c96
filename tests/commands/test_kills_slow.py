"""Nothing is lost: a run that is killed at random moments ends with the tables of an undisturbed one.

`experiments/resilience` does the same for longer.
"""

import time

import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.slow


def test_every_kind_of_row_is_compared(scripts, calm):
    found = scripts.tables.rows(calm.output)
    assert all(found.values()), [name for name in found if not found[name]]
    trials = pd.read_parquet(calm.output / "tables" / "trials")
    assert set(trials["status"]) == {"done", "pruned"}
    planned = yaml.safe_load(scripts.run.SPEC.read_text())["search"]["trials"]
    assert list(trials["trial_id"].sort_values()) == [f"{number:05d}" for number in range(planned)]


def test_killed_at_random_moments_a_run_ends_with_the_same_tables(scripts, calm, tmp_path):
    """A worker that enumerates, the driver while its Ray lives on, a worker with a trial, and all of it at once."""
    kills = scripts.run.short(5, calm.spans)
    life = scripts.run.Life(tmp_path / "shot")
    hits = life.through(kills)
    assert sum(hits) >= 3, hits
    whole = [kill.victim in scripts.run.WHOLE for kill, hit in zip(kills, hits, strict=True) if hit]
    assert life.rounds - life.failed == 1 + sum(whole)
    assert scripts.run.differing(life.output, calm.output) == []
    assert life.done_again() == []
    assert not (life.output / "damaged").exists()


def test_workers_killed_again_and_again_as_they_enumerate_change_nothing(scripts, calm, tmp_path):
    output, killed = tmp_path / "shot", 0
    with (tmp_path / "said.txt").open("w") as log:
        driver = scripts.driver.Driver(scripts.run.SPEC, output, log)
        while driver.runs and killed < 3:
            time.sleep(1)
            killed += sum(map(scripts.driver.kill, driver.workers("chunk")))
        assert driver.process.wait(timeout=300) == 0, (tmp_path / "said.txt").read_text()
    assert killed >= 3
    assert scripts.run.differing(output, calm.output) == []
