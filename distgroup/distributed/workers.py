"""Ray's beginning and end: a private one on this machine by default, or a cluster at an address."""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
import torch
from ray.exceptions import OutOfMemoryError

import distgroup
from distgroup.distributed import head
from distgroup.errors import ClusterError, RequestError
from distgroup.resources import Resources
from distgroup.results.store import Store


@contextmanager
def workers(address: str | None = None) -> Iterator[bool]:
    """Ray, started or joined, and left again at the end; one that this process has already is used and left alone.

    Without ``address`` that of `RAY_ADDRESS` is joined, which is what a submitted job finds set; without either, or
    with ``local``, this machine has a Ray of its own. Yields whether a cluster was joined.

    Raises RequestError if there is no cluster of this Ray version at the address, ClusterError if one's own does not
    start, or it is lost later or kills a worker for want of memory.
    """
    if ray.is_initialized():
        yield len(ray.nodes()) > 1
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("RAY_task_oom_retries", "3")  # Ray's own number is infinite
    # A node that is cut off says nothing: a task there counts as running until such a question has no answer. Ray asks
    # every five minutes, and its servers take a question a minute at most.
    os.environ.setdefault("RAY_grpc_client_keepalive_time_ms", "60000")
    os.environ.setdefault("RAY_grpc_client_keepalive_timeout_ms", "20000")
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    joined = address != "local"
    if joined:
        _join(address)
    else:
        # A Ray of our own on this machine needs no token, and would write one under the home folder.
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
        _start()
    watch = head.Watch(ray.get_runtime_context().gcs_address)
    watch.start()
    try:
        with watch.explained(), _enough_memory():
            yield joined
    finally:
        if not watch.gone:
            watch.stop()
        ray.shutdown()  # with the head gone it may hang, and the watch ends that
        watch.over.set()


def _start() -> None:
    """Raises ClusterError if Ray does not come up: it gives up after 30 s, which a busy machine may take."""
    try:
        _init("local", include_dashboard=False)
    except Exception as error:  # that is what Ray raises
        raise ClusterError(
            f"Ray did not start; if this machine is only busy, --resume tries again. It says: {_first_line(error)}"
        ) from error


def _join(address: str) -> None:
    """Raises RequestError unless a Ray head of this version answers at ``address``, HOST:PORT or auto."""
    if "://" in address:
        raise RequestError(
            f"--address {address}: `run` takes HOST:PORT of a Ray head, reached from a machine of the cluster; "
            "from elsewhere, send the spec there with `distgroup submit SPEC --address http://HOST:8265`"
        )
    if address != "auto":
        _reach(address)
    # Nodes import the code that this driver runs; a job's own runtime environment brings it already.
    environment: dict[str, Any] = {"py_modules": [str(Path(distgroup.__file__).parent)], "excludes": ["__pycache__"]}
    try:
        _init(address, runtime_env=None if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ else environment)
    except (ConnectionError, RuntimeError, SystemExit) as error:  # Ray ends the process where a head never answers
        reason = "it does not answer as one" if isinstance(error, SystemExit) else str(error).strip()
        raise RequestError(f"--address {address}: no Ray cluster that can be joined there: {reason}") from None


def _reach(address: str) -> None:
    """Ray itself would wait for two minutes."""
    if not re.fullmatch(r".+:\d+", address):
        raise RequestError(f"--address {address}: HOST:PORT of a Ray head is needed, such as 10.0.0.1:6379, or auto")
    if not head.answers(address):
        raise RequestError(
            f"--address {address}: no Ray head answers there within {head.REACH_S} s; `ray status` on the head shows "
            "whether it runs, and its port is 6379 unless it was given another"
        )


def _init(address: str, **options: Any) -> None:
    # What befalls nodes and workers Ray prints between what its driver prints; it belongs with its other messages.
    ray._private.worker.print_to_stdstream = _to_stderr
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)


def _to_stderr(data: dict[str, Any], ignore_prefix: bool) -> None:  # noqa: ARG001
    sys.stderr.write("\n".join([*data["lines"], ""]))


@contextmanager
def _enough_memory() -> Iterator[None]:
    try:
        yield
    except OutOfMemoryError as error:
        raise ClusterError(
            "a worker ran out of memory, again and again: give each more (fewer workers a node, or bigger nodes), "
            f"or lower training.batch_size or model.encoder.widths. Ray says: {_first_line(error)}"
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def task_options(resources: Resources) -> dict[str, Any]:
    """Options of a Ray task that takes so much."""
    return {"num_cpus": resources.cpus, "num_gpus": resources.gpus, "memory": int(resources.memory)}


def check_sees(store: Store) -> None:
    """For a worker: raises ClusterError on a node that came late and does not have the driver's folder of tables."""
    if not store.seen():
        raise ClusterError(
            f"output: node {ray.util.get_node_ip_address()} does not see {store}, where the tables are written: mount "
            "that folder there, or take the node out of the cluster, or set `output` to an object store, such as "
            "s3://bucket/folder; then --resume goes on"
        )


def own_device() -> torch.device:
    """The device that Ray gave this worker, with one CPU thread: networks this small gain from more workers instead."""
    torch.set_num_threads(1)
    return torch.device("cuda" if ray.get_gpu_ids() else "cpu")
