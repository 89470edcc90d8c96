"""The simulated enumeration and search: equal to schedules worked out by hand."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "scaling"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import enumeration
    import searching

    yield enumeration, searching
    for name in ("enumeration", "searching"):
        del sys.modules[name]


def overheads(enumeration, **changes):
    return enumeration.Overheads(**{"start": 0.0, "task": 0.0, "submit": 0.0, "collect": [(0, 0.0)]} | changes)


def work(enumeration, seeds=2, chunks=3):
    return [enumeration.Work(s, c == 0, 1.0 if c == 0 else 2.0) for s in range(seeds) for c in range(chunks + 1)]


@pytest.mark.parametrize(("cores", "seconds"), [(1, 14.0), (2, 7.0), (3, 5.0), (6, 3.0), (99, 3.0)])
def test_chunks_wait_for_their_singletons_and_for_a_core(scripts, cores, seconds):
    enumeration, _ = scripts
    assert enumeration.simulated(work(enumeration), cores, overheads(enumeration)) == pytest.approx(seconds)


def test_each_worker_starts_once_and_the_driver_does_one_thing_at_a_time(scripts):
    enumeration, _ = scripts
    of = overheads(enumeration, start=10.0)
    assert enumeration.simulated(work(enumeration), 1, of) == 24.0
    of = overheads(enumeration, submit=1.0)
    assert enumeration.simulated(work(enumeration, 1, 1), 99, of) == 4.0  # 1 submitted, 1 alone, 2 the chunk
    of = overheads(enumeration, collect=[(1, 5.0), (8, 5.0)])
    assert enumeration.simulated(work(enumeration), 99, of) == 41.0  # the first is done after 1


@pytest.mark.parametrize("cores", [1, 2, 3, 7, 50])
def test_no_schedule_goes_below_its_bounds(scripts, cores):
    enumeration, _ = scripts
    of = overheads(enumeration, start=3.0, task=0.1, submit=0.01, collect=[(1, 0.01), (100, 0.2)])
    chunks = work(enumeration, 4, 5)
    bounds = enumeration.bounds(chunks, cores, of)
    wall = enumeration.simulated(chunks, cores, of)
    assert wall >= max(bounds.cores, bounds.path, bounds.driver) - 1e-9


def search(searching, trials, seconds, batch, cores, pending, each=0.0, start=2.0, **others):
    of = searching.Overheads(each, start)
    simulation = searching.Simulation([seconds] * trials, batch, cores, of, pending, starting_at_most=cores, **others)
    return simulation.run(), simulation.most


def test_workers_that_start_one_after_another_hold_trials_back(scripts):
    _, searching = scripts
    assert search(searching, 8, 5.0, 8, 8, pending=1) == (19.0, 3)  # they begin at 2, 4, 6, 7, 9, 11, 12, 14
    assert search(searching, 8, 5.0, 8, 8, pending=8) == (7.0, 8)


def test_short_trials_take_turns_whatever_the_cores(scripts):
    _, searching = scripts
    assert search(searching, 100, 0.5, 50, 64, pending=1, each=0.5) == (102.0, 1)


def test_a_batch_of_one_has_one_at_a_time_and_keeps_its_worker(scripts):
    _, searching = scripts
    assert search(searching, 4, 5.0, 1, 64, pending=64) == (22.0, 1)


def test_a_driver_that_has_two_cores_with_its_workers_is_slower_and_so_are_they(scripts):
    """Beside each other, 3/2: two trials from 9 on, which end at 10.5; the driver's second is 1.5 s, then 1 s again."""
    _, searching = scripts
    assert search(searching, 2, 1.0, 2, 2, pending=2, each=1.0, start=9.0) == (12.0, 2)
    assert search(searching, 2, 1.0, 2, 2, pending=2, each=1.0, start=9.0, driver_cores=2) == (13.0, 2)
