"""Joining a cluster: an address that is none is refused in words, and soon."""

import socket
import time

import pytest
import ray

from distgroup.distributed import head
from distgroup.distributed.workers import workers
from distgroup.errors import RequestError


@pytest.fixture
def no_ray(monkeypatch):
    """A process that has joined nothing yet, whatever other tests of this one have: all that follows is refused."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)


def refused(address=None):
    with pytest.raises(RequestError) as caught, workers(address):
        raise AssertionError("joined")
    return str(caught.value)


@pytest.mark.usefixtures("no_ray")
def test_a_job_server_s_address_is_told_from_a_head_s():
    assert "distgroup submit SPEC --address http://HOST:8265" in refused("http://head:8265")


@pytest.mark.usefixtures("no_ray")
def test_an_address_without_a_port_is_refused():
    assert "HOST:PORT" in refused("head")


@pytest.mark.usefixtures("no_ray")
def test_a_server_that_is_no_head_is_refused_soon(monkeypatch):
    monkeypatch.setattr(head, "REACH_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        said = refused(f"127.0.0.1:{silent.getsockname()[1]}")
    assert "no Ray head answers there within 2 s" in said
    assert time.monotonic() - begin < 10


@pytest.mark.usefixtures("no_ray")
def test_ray_address_counts_where_no_address_is_given(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray://elsewhere:10001")
    assert "ray://elsewhere:10001" in refused()


@pytest.mark.usefixtures("no_ray")
def test_an_address_that_is_given_wins_over_ray_address(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray://elsewhere:10001")
    assert "http://head:8265" in refused("http://head:8265")
