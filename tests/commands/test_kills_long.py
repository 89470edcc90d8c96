"""Nothing is lost: runs that are interrupted or extended end with the tables of an undisturbed one."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from distgroup.trained import load

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parents[2] / "experiments" / "resilience"
SPEC = yaml.safe_load((FOLDER / "spec.yaml").read_text())
ATTEMPTS, NOT_STARTED = 4, "Ray did not start"


def write(folder: Path, **changes: object) -> Path:
    (folder / "spec.yaml").write_text(yaml.safe_dump(SPEC | changes))
    return folder / "spec.yaml"


def ended(scripts, spec: Path, output: Path) -> str:
    """What `run --resume` says, which must end well; but Ray may not start in time on a busy machine."""
    log = output.with_suffix(".log")
    for _ in range(ATTEMPTS):
        with log.open("w") as file:
            status = scripts.driver.Driver(spec, output, file).process.wait(timeout=1200)
        if NOT_STARTED not in log.read_text():
            break
    assert status == 0, log.read_text()
    return log.read_text()


def test_ctrl_c_in_every_phase_says_how_to_go_on_and_loses_nothing(scripts, calm, tmp_path):
    spec, output = write(tmp_path, train={"best": True}), tmp_path / "shot"
    in_phase = {
        "subsets": lambda driver: driver.phase == "subsets" and driver.workers("chunk"),
        "search": lambda driver: driver.phase == "search" and driver.workers("trial"),
        "training": lambda _: (output / "model" / "training.json").exists(),
    }
    for phase, reached in in_phase.items():
        said = interrupted(scripts.driver.Driver, spec, output, reached)
        assert f"Go on with: distgroup run {spec} --resume --output {output}" in said, (phase, said)
        assert "Traceback" not in said
    ended(scripts, spec, output)
    assert scripts.run.differing(output, calm.output) == []
    assert load(output / "model").tasks == ("left_digit", "sum", "ink")


def interrupted(driver_class, spec, output, reached) -> str:
    """What a run says whose whole process group is sent SIGINT, as a terminal does; it must exit with 130."""
    log = output.with_suffix(".log")
    with log.open("w") as file:
        driver = driver_class(spec, output, file)
        while not reached(driver):
            if not driver.runs:
                assert log.read_text().count(NOT_STARTED) in range(1, ATTEMPTS), log.read_text()
                driver = driver_class(spec, output, file)
            time.sleep(0.05)
        os.killpg(driver.process.pid, signal.SIGINT)
        assert driver.process.wait(timeout=600) == 130, log.read_text()
    return " ".join(log.read_text().split())


def test_seeds_and_then_trials_added_give_what_a_run_with_all_of_them_gives(scripts, calm, tmp_path):
    fewer = SPEC["search"] | {"trials": 6}
    rounds = [{"seeds": [0], "search": fewer}, {"search": fewer}, {}]
    trials = []
    for changes in rounds:
        ended(scripts, write(tmp_path, **changes), tmp_path / "grown")
        trials.append(pd.read_parquet(tmp_path / "grown" / "tables" / "trials").sort_values("trial_id"))
    pd.testing.assert_frame_equal(trials[2][:6], trials[1], check_exact=True)
    assert scripts.run.differing(tmp_path / "grown", calm.output) == []


def test_a_model_that_is_no_longer_what_the_spec_asks_for_is_trained_anew(scripts, calm, tmp_path):
    shutil.copytree(calm.output, tmp_path / "grown")
    found = []
    for train in ({"best": True}, {"best": True, "seed": 1}, {"best": True, "seed": 1}):
        ended(scripts, write(tmp_path, train=train), tmp_path / "grown")
        found.append((tmp_path / "grown" / "model" / "model.pt").read_bytes())
        assert json.loads((tmp_path / "grown" / "model" / "training.json").read_text())["seed"] == train.get("seed", 0)
    assert found[0] != found[1]
    assert found[1] == found[2]


def test_ray_that_does_not_start_in_time_is_said_in_words(scripts, tmp_path):
    """As happens where a machine has far more to do than it can."""
    with (tmp_path / "log").open("w") as log:
        driver = scripts.driver.Driver(write(tmp_path), tmp_path / "results", log)
        while not (raylets := [pid for pid, name in driver.members().items() if "raylet/raylet" in name]):
            assert driver.runs
            time.sleep(0.02)
        for pid in raylets:
            os.kill(pid, signal.SIGSTOP)
        while driver.runs:
            time.sleep(0.1)
    said = (tmp_path / "log").read_text()
    assert driver.process.returncode == 1
    assert "Ray did not start; if this machine is only busy, --resume tries again." in " ".join(said.split())
    assert "internal error" not in said


DYING = '''
import os
from distgroup.estimators import AffinityEstimator

class Dying(AffinityEstimator):
    """Takes its worker with it, as a library that crashes does."""
    kind: str = "dying"
    def measure(self, problem, seeds, device):
        os._exit(1)
    def singleton(self, affinity):
        raise NotImplementedError
'''


def test_a_trial_whose_worker_dies_every_time_is_a_failed_row_and_the_others_go_on(scripts, tmp_path):
    (tmp_path / "mine.py").write_text(DYING)
    estimators = ["random", {"kind": "python", "path": "mine:Dying"}, "label_similarity"]
    search = {"trials": 3, "batch": 3, "sampler": "grid", "space": {"estimator": estimators, "num_groups": [2]}}
    spec = write(tmp_path, search=search, ground_truth={"update": ["separate"]})
    ended(scripts, spec, tmp_path / "results")
    trials = pd.read_parquet(tmp_path / "results" / "tables" / "trials").set_index("estimator")
    assert trials["status"].to_dict() == {"random": "done", "python": "failed", "label_similarity": "done"}
    assert trials.loc["python", "error"].startswith("the worker died, again and again: The actor died")
    assert "\n" not in trials.loc["python", "error"]
