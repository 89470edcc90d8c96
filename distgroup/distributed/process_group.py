"""Ray Train's process group, whose ranks listen for each other at the address by which Ray knows their node.

Gloo by itself takes the address that the host's name stands for. That is a loopback one where /etc/hosts says so, as on
Debian, or where nothing knows the name: ranks on two such nodes never meet.
"""

import os
from typing import Any

import psutil
import ray
from ray.train.torch import TorchConfig

INTERFACE = "GLOO_SOCKET_IFNAME"


def interface_of(address: str) -> str | None:
    """The name of this host's network interface with this IP address."""
    for name, addresses in psutil.net_if_addrs().items():
        if address in [own.address.partition("%")[0] for own in addresses]:
            return name
    return None


def listen_at_node() -> None:
    """On a rank; whoever has set the interface keeps it."""
    interface = interface_of(ray.util.get_node_ip_address())
    if interface is not None:
        os.environ.setdefault(INTERFACE, interface)


class AtNode(TorchConfig().backend_cls):  # type: ignore[misc]
    """Ray Train's backend for torch, with the interface set on every rank first."""

    def on_start(self, worker_group: Any, backend_config: TorchConfig) -> None:
        worker_group.execute(listen_at_node)
        super().on_start(worker_group, backend_config)


class AtNodeConfig(TorchConfig):
    """As `TorchConfig`, but for where ranks listen."""

    @property
    def backend_cls(self) -> type[AtNode]:
        return AtNode
