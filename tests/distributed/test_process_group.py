"""Where ranks listen for each other."""

import os
import socket

import pytest
import ray

from distgroup.distributed.process_group import INTERFACE, interface_of, listen_at_node


def test_an_address_is_found_where_it_is_this_host_s():
    assert interface_of("127.0.0.1") in {name for _, name in socket.if_nameindex()}
    assert interface_of("203.0.113.1") is None


@pytest.mark.usefixtures("two_cpus")
def test_ranks_listen_at_their_node_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv(INTERFACE, raising=False)
    listen_at_node()
    assert os.environ[INTERFACE] == interface_of(ray.util.get_node_ip_address())
    monkeypatch.setenv(INTERFACE, "ib0")
    listen_at_node()
    assert os.environ[INTERFACE] == "ib0"
