"""Trials where optuna-dashboard finds them: the same as in the tables, after kills too."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import optuna
import pytest
from builders import make_problem, make_task_set
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from distgroup.errors import RequestError
from distgroup.proposals import Proposals
from distgroup.results.dashboard import JOURNAL, dashboard, study_names
from distgroup.results.store import Store
from distgroup.spec import Spec
from distgroup.sweep import Point

SPACE = {"estimator": ["random", "lookahead"], "num_groups": [1, 2]}


def a_point(seeds=(0, 1), **search):
    content = {
        "name": "small",
        "seeds": list(seeds),
        "data": {"kind": "digits_pair"},
        "search": {"trials": 6, "batch": 3, "space": SPACE} | search,
        "output": "out",
    }
    return Point(Spec.model_validate(content), make_problem(make_task_set(("height", "light", "colour"))))


def run(point, store, most=10**9):
    """Tell up to so many trials; every third one fails."""
    proposals = Proposals(point.spec.search, 3, dashboard(point, store))
    while most and (proposal := proposals.ask()) is not None:
        values = [float(proposal.number) for _ in point.spec.search.objectives]
        failed = proposal.number % 3 == 2
        proposals.tell(proposal.number, [] if failed else values, TrialState.FAIL if failed else TrialState.COMPLETE)
        most -= 1


def studies(store):
    storage = JournalStorage(JournalFileBackend(str(store.root / JOURNAL)))
    return {name: optuna.load_study(study_name=name, storage=storage) for name in optuna.get_all_study_names(storage)}


def test_a_study_holds_the_trials_by_the_ids_of_the_tables(tmp_path):
    point, store = a_point(objectives=["delta_m", "cost"]), Store(tmp_path)
    run(point, store)
    (name,) = study_names(point)
    assert name == f"small synthetic {point.key}"
    study = studies(store)[name]
    assert [trial.user_attrs["trial_id"] for trial in study.trials] == [f"{i:05d}" for i in range(6)]
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "COMPLETE", "FAIL"] * 2
    assert study.trials[4].values == [4.0, 4.0]
    assert set(study.trials[0].params) == {"update", "estimator", "num_groups", "selector"}
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == ["delta_m", "cost"]


def test_a_study_an_arm(tmp_path):
    point, store = a_point(trials=2, batch=2, baselines="equal_budget"), Store(tmp_path)
    run(point, store)
    found = studies(store)
    names = [name.rsplit(" ", 1)[1] for name in study_names(point)]
    assert names == ["random", "lookahead", "all_in_one", "single_task"]
    ids = [[trial.user_attrs["trial_id"] for trial in found[name].trials] for name in study_names(point)]
    assert ids == [[f"{arm:05d}", f"{arm + 4:05d}"] for arm in range(4)]


def test_going_on_makes_the_points_study_anew_and_leaves_the_others(tmp_path):
    first, second, store = a_point(), a_point(seeds=(5, 6)), Store(tmp_path)
    run(first, store)
    run(second, store, most=3)
    run(second, store)
    found = studies(store)
    assert {name: len(study.trials) for name, study in found.items()} == {
        study_names(first)[0]: 6,
        study_names(second)[0]: 6,
    }


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_what_a_kill_left_of_a_line_and_its_lock_do_not_break_the_next_run(tmp_path, cut):
    point, store = a_point(), Store(tmp_path)
    run(point, store)
    journal = store.root / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-cut])
    lock = Path(f"{journal}.lock")
    lock.symlink_to(journal)
    begin = time.monotonic()
    run(point, store)
    assert time.monotonic() - begin < 20  # Optuna itself would wait 30 s for the lock
    assert [len(study.trials) for study in studies(store).values()] == [6]


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from results.test_dashboard import a_point, dashboard, Store
import optuna
add = dashboard(a_point(), Store({folder!r}))
print("ready", flush=True)
while True:
    add(0, optuna.trial.create_trial(value=1.0))
"""


def test_a_run_killed_while_it_writes_does_not_break_the_next(tmp_path):
    program = KILLED.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        writer.kill()
    run(a_point(), Store(tmp_path))
    assert [len(study.trials) for study in studies(Store(tmp_path)).values()] == [6]


def test_a_journal_damaged_otherwise_is_named(tmp_path):
    store = Store(tmp_path)
    run(a_point(), store)
    text = (store.root / JOURNAL).read_text().splitlines()
    text[1] = "{"
    (store.root / JOURNAL).write_text("\n".join(text) + "\n")
    with pytest.raises(RequestError, match=r"optuna\.journal: damaged .*: remove it"):
        dashboard(a_point(), store)


def test_in_an_object_store_there_is_none(bucket):
    assert dashboard(a_point(), Store(f"{bucket}/out")) is None


@pytest.mark.slow
def test_optuna_dashboard_opens_it(tmp_path):
    point, store = a_point(objectives=["delta_m", "cost"]), Store(tmp_path)
    run(point, store)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = str(Path(sys.executable).with_name("optuna-dashboard"))
    command = [server, str(store.root / JOURNAL), "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            (study,) = answer(port, "studies", process)["study_summaries"]
            assert study["study_name"] == study_names(point)[0]
            trials = answer(port, f"studies/{study['study_id']}", process)["trials"]
            assert [trial["state"] for trial in trials] == ["Complete", "Complete", "Fail"] * 2
            assert trials[4]["user_attrs"] == [{"key": "trial_id", "value": "00004"}]
        finally:
            process.kill()


def answer(port, of, process):
    """What the server says, once it is up."""
    for _ in range(600):
        assert process.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{of}", timeout=60) as response:
                return json.load(response)
        except (ConnectionError, urllib.error.URLError):  # the second holds the first, while none listens
            time.sleep(0.2)
    raise AssertionError("the server did not come up")
