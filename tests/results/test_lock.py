import os
import signal
import subprocess
import sys
import time

import pytest

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.results.lock import NAME, locked
from distgroup.results.object_lock import Pace
from distgroup.results.owner import Owner

QUICK = Pace(renewed=0.4, lapses=2.5, settles=0.05)

HOLD = """
import sys, time
from distgroup.location import Location
from distgroup.results.lock import locked
from distgroup.results.object_lock import Pace
from distgroup.errors import RequestError
try:
    with locked(Location.of(sys.argv[1]), Pace(0.4, 2.5, 0.05)):
        print("held", flush=True)
        time.sleep(60)
except RequestError as error:
    print(error, flush=True)
"""


@pytest.fixture(params=["path", "s3"])
def folder(request, tmp_path):
    return Location.of(request.getfixturevalue("bucket") + "/run" if request.param == "s3" else tmp_path / "run")


@pytest.fixture
def holder(folder):
    """Another process, which holds the folder."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_the_first_is(folder, holder):
    said = rf"{folder}.*: in use by another run \(.+ on .+, process {holder.pid}, since \d{{4}}-.* UTC\)"
    with pytest.raises(RequestError, match=said), locked(folder, QUICK):
        pass


def test_nobody_is_kept_out_by_the_dead(folder, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    if folder.local is None:
        time.sleep(QUICK.lapses)
    with locked(folder, QUICK):
        pass


def test_a_lock_can_be_taken_again_after_its_end_however_that_came(folder):
    for _ in range(2):
        with pytest.raises(KeyError), locked(folder, QUICK):
            raise KeyError
    with locked(folder, QUICK):
        assert Owner.of((folder / NAME).read()).pid == os.getpid()


def test_a_long_run_stays_alive(bucket):
    """Longer than a lock lapses; the lock is the owner's all the time."""
    folder = Location.of(bucket)
    with locked(folder, QUICK):
        time.sleep(1.5 * QUICK.lapses)
        with pytest.raises(RequestError, match="in use"), locked(folder, QUICK):
            pass


def test_an_owner_whose_clock_is_wrong_counts_as_alive_just_while_it_moves(bucket):
    hour_behind = f"import time\nclock = time.time\ntime.time = lambda: clock() - 3600\n{HOLD}"
    command = [sys.executable, "-c", hour_behind, bucket]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(RequestError, match="in use"), locked(Location.of(bucket), QUICK):
            pass
        process.kill()
    with locked(Location.of(bucket), QUICK):
        pass


def test_a_run_whose_lock_was_taken_over_stops(folder, holder):
    """As after a machine slept for longer than a lock lapses."""
    if folder.local is not None:
        pytest.skip("the kernel's lock cannot be taken over")
    holder.send_signal(signal.SIGSTOP)
    time.sleep(QUICK.lapses + 0.2)
    with locked(folder, QUICK):
        holder.send_signal(signal.SIGCONT)
        said = holder.stdout.readline()
        assert f"process {os.getpid()}" in said
        assert "this run has stopped" in said


def test_a_damaged_lock_of_nobody_keeps_nobody_out(bucket):
    (Location.of(bucket) / NAME).write(b"{")
    with locked(Location.of(bucket), QUICK):
        pass
