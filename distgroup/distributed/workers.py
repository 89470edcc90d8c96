"""Ray's beginning and end: a private one on this machine by default, or a cluster at an address."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import ray
import torch


@contextmanager
def workers(address: str | None = None) -> Iterator[None]:
    """Ray, started or joined, and left again at the end; one that this process has already is used and left alone."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    if address is None:
        # A Ray of our own on this machine needs no token, and would write one under the home folder.
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    ray.init(
        address=address or "local",
        include_dashboard=False if address is None else None,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        yield
    finally:
        ray.shutdown()


def own_device() -> torch.device:
    """The device that Ray gave this worker, with one CPU thread: networks this small gain from more workers instead."""
    torch.set_num_threads(1)
    return torch.device("cuda" if ray.get_gpu_ids() else "cpu")
