"""A Ray on this machine, of so many CPUs; more than there are, where tasks only wait."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import ray

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_worker_niceness": "0",  # Ray's own is 15: on a shared machine its workers then hardly run
}


@contextmanager
def local_ray(cpus: int) -> Iterator[None]:
    os.environ |= SETTINGS
    ray.init(address="local", num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
