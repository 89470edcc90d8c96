"""A head that is gone is said to be, whatever Ray raises for it, or if it raises nothing; one that is there is not.

Real heads are killed in test_node_failures_slow.
"""

import signal
import socket
import time

import pytest
import ray

from distgroup.distributed import head
from distgroup.distributed.head import Watch, answers
from distgroup.errors import ClusterError


@pytest.fixture
def soon(monkeypatch):
    for name, seconds in {"REACH_S": 1, "LOOK_S": 0.1, "GONE_S": 1.5}.items():
        monkeypatch.setattr(head, name, seconds)


@pytest.fixture
def interruptible():
    """As from a terminal; what a script starts in the background ignores SIGINT, and pytest with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def nobody():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"127.0.0.1:{gone.getsockname()[1]}"


@pytest.fixture
def somebody(two_cpus):  # noqa: ARG001
    return ray.get_runtime_context().gcs_address


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("raised", [SystemExit(15), RuntimeError("of Ray's")])
def test_what_a_lost_head_makes_ray_raise_becomes_one_sentence(nobody, raised):
    watch = Watch(nobody)
    with pytest.raises(ClusterError, match=r"is gone.*--resume") as caught, watch.explained():
        raise raised
    assert caught.value.__cause__ is raised
    assert watch.gone


@pytest.mark.parametrize("raised", [SystemExit(15), RuntimeError("of its own"), KeyboardInterrupt()])
def test_what_is_raised_while_the_head_is_there_stays_as_it_is(somebody, raised):
    with pytest.raises(type(raised)) as caught, Watch(somebody).explained():
        raise raised
    assert caught.value is raised


@pytest.mark.usefixtures("soon", "interruptible")
def test_work_that_notices_nothing_is_interrupted(nobody):
    watch = Watch(nobody)
    watch.start()
    begin = time.monotonic()
    with pytest.raises(ClusterError, match="is gone"), watch.explained():
        time.sleep(60)
    watch.over.set()
    watch.join()
    assert time.monotonic() - begin < 30


@pytest.mark.usefixtures("soon")
def test_work_with_a_head_that_answers_is_left_alone(somebody):
    watch = Watch(somebody)
    watch.start()
    with watch.explained():
        time.sleep(3)
    watch.over.set()
    watch.join()
    assert not watch.gone


def test_only_a_head_answers(somebody, nobody, monkeypatch):
    monkeypatch.setattr(head, "REACH_S", 1)
    assert not answers(nobody)
    monkeypatch.setattr(head, "REACH_S", 30)
    assert answers(somebody)
