"""Tasks that are collected as they end: after a failure those that wait never begin, and the driver lives on."""

import time

import pytest
import ray

from distgroup.distributed.work import Work

pytestmark = pytest.mark.usefixtures("two_cpus")


@ray.remote
def write(work, path, after_s=0.0, needed=None):  # noqa: ARG001
    work.check_wanted()
    time.sleep(after_s)
    path.touch()


@ray.remote
def fail(work):
    work.check_wanted()
    raise ZeroDivisionError


def test_every_task_is_counted_once(tmp_path):
    work = Work()
    pending = {write.remote(work, tmp_path / str(each)): each for each in (1, 2, 4, 8)}
    assert sorted(work.collected(pending)) == [1, 2, 4, 8]
    assert len(list(tmp_path.iterdir())) == 4


def test_after_a_failure_what_runs_ends_and_what_waits_never_begins(tmp_path):
    """Of two CPUs one fails, one is in the middle of a task; behind them four wait, one of them for what failed."""
    work = Work()
    runs, fails = write.remote(work, tmp_path / "ran", after_s=2), fail.remote(work)
    waits = [write.remote(work, tmp_path / f"waited {each}", after_s=1) for each in range(3)]
    waits.append(write.remote(work, tmp_path / "waited for it", needed=fails))
    with pytest.raises(ZeroDivisionError):
        list(work.collected(dict.fromkeys([runs, fails, *waits], 1)))
    assert "ran" in {path.name for path in tmp_path.iterdir()}
    ray.wait(waits, num_returns=4)
    begun = {path.name for path in tmp_path.iterdir()} - {"ran"}
    assert begun <= {"waited 0"}  # it may have begun before the driver knew


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
