"""Progress in a log: the time left is told from the pace of the work, once there is one."""

import time

from rich.console import Console

from distgroup.commands import progress as module


def test_the_time_that_workers_need_to_start_is_no_pace(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with module.progress(Console(), "training", 100) as done:
        for now, units in ((30, 1), (50, 10), (70, 89)):
            clock[0] = now
            done(units)
    assert capsys.readouterr().out.splitlines() == [
        "training: 1/100, 30 s",
        "training: 11/100, 50 s, 178 s left",
        "training: 100/100, 70 s, 0 s left",
    ]
