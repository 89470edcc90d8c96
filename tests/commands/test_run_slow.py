"""The README's and the experiments' specs, whole, as a user runs them; and a search that is interrupted."""

import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from commands.test_run import DISTGROUP, distgroup, tables, write

from distgroup import load

pytestmark = pytest.mark.slow

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def test_the_quickstart_ends_with_a_model_within_three_minutes(quickstart):
    assert quickstart.seconds < 180
    found = tables(quickstart.output.parent)
    assert len(found["subsets"].drop_duplicates(["seed", "subset"])) == 252
    assert (found["trials"]["status"] == "done").sum() == 40
    rows = pd.DataFrame(np.random.default_rng(0).uniform(0, 16, (5, 128)), columns=[f"x_{i}" for i in range(128)])
    predicted = load(quickstart.output / "model").predict(rows)
    assert list(predicted.columns) == ["left_digit", "right_digit", "sum", "left_even", "right_loop", "ink"]
    cover = found["optima"].query("kind == 'cover'").set_index("num_groups")
    assert cover["delta_m_val"].is_monotonic_increasing
    assert cover.loc[3, "delta_m_test"] > cover.loc[3, "mean_delta_m_test"] > cover.loc[1, "delta_m_test"]


def test_a_table_of_eight_tasks_ends_within_eight_minutes(tmp_path, shared_data):
    spec = yaml.safe_load((EXPERIMENTS / "rf1" / "spec.yaml").read_text())
    spec["data"]["path"] = str(shared_data / "rf1.parquet")
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec))
    begin = time.monotonic()
    done = distgroup(tmp_path, "run", "spec.yaml", "--output", "results")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begin < 480
    assert len(tables(tmp_path)["subsets"].drop_duplicates(["seed", "subset"])) == 255 * 3


def test_an_interrupted_search_says_so_and_goes_on(tmp_path):
    many = {"trials": 150, "space": {"estimator": ["random", "label_similarity"], "num_groups": [2, "auto"]}}
    write(tmp_path, search=many)
    process = subprocess.Popen([*DISTGROUP, "run", "spec.yaml"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    trials = tmp_path / "results" / "tables" / "trials"
    while len(list(trials.glob("*.parquet"))) < 10:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "distgroup run spec.yaml --resume" in said
    assert distgroup(tmp_path, "run", "spec.yaml", "--resume").returncode == 0
    assert len(tables(tmp_path)["trials"]) == 150
