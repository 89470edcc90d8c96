"""Tasks that are collected as they end: after a failure those that wait never begin, and the driver lives on."""

import time

import pytest
import ray

from distgroup.distributed.work import Work

pytestmark = pytest.mark.usefixtures("two_cpus")


@ray.remote
def write(work, path, for_s=0.0, needed=None):  # noqa: ARG001
    work.check_wanted()
    begun(path).touch()
    time.sleep(for_s)
    path.touch()


@ray.remote
def fail(work, path=None):
    """Once ``path`` is there, if one is given."""
    work.check_wanted()
    if path:
        begun(path).touch()
        until(path)
    raise ZeroDivisionError


def begun(path):
    return path.with_suffix(".begun")


def until(*paths):
    while not all(path.exists() for path in paths):
        time.sleep(0.01)


def test_every_task_is_counted_once(tmp_path):
    work = Work()
    pending = {write.remote(work, tmp_path / str(each)): each for each in (1, 2, 4, 8)}
    assert sorted(work.collected(pending)) == [1, 2, 4, 8]
    assert sorted(path.name for path in tmp_path.iterdir() if not path.suffix) == ["1", "2", "4", "8"]


def test_after_a_failure_what_runs_ends_and_what_waits_never_begins(tmp_path):
    """Of two CPUs one is in the middle of a task as the other's fails; behind them four wait, one of them for that."""
    work, ran, now = Work(), tmp_path / "ran", tmp_path / "now"
    runs, fails = write.remote(work, ran, for_s=2), fail.remote(work, now)
    until(begun(ran), begun(now))
    paths = [tmp_path / f"waited {each}" for each in range(4)]
    waits = [write.remote(work, path, for_s=3) for path in paths[:3]] + [write.remote(work, paths[3], needed=fails)]
    now.touch()
    with pytest.raises(ZeroDivisionError):
        list(work.collected(dict.fromkeys([runs, fails, *waits], 1)))
    assert ran.exists()
    ray.wait(waits, num_returns=4)
    assert not any(begun(path).exists() for path in paths[1:])  # the first may have, before the driver knew


def test_other_work_goes_on(tmp_path):
    failed, other = Work(), Work()
    with pytest.raises(ZeroDivisionError):
        list(failed.collected({fail.remote(failed): 1}))
    assert list(other.collected({write.remote(other, tmp_path / "done"): 1})) == [1]


def test_tasks_that_fail_at_the_same_time_leave_the_driver_alive():
    """With `ray.cancel` in its place, Ray ends this process within some fifty rounds."""
    for _ in range(150):
        work = Work()
        both = [fail.remote(work), fail.remote(work)]
        waits = [write.remote(work, None, needed=each) for each in both]
        with pytest.raises(ZeroDivisionError):
            list(work.collected(dict.fromkeys([*both, *waits], 1)))
