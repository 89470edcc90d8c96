"""Data-parallel training with Ray Train: ranks share every batch, and go on from a checkpoint when one has died.

The networks of rule `separate` are trained side by side where the cluster has room for the ranks of several, else one
after another. They are dealt into as many shares as are trained at once, each of which is a run of Ray Train and trains
its networks in turn: ranks take seconds to start.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import ray
import torch
from ray.train import CheckpointConfig, ControllerError, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from distgroup.distributed.process_group import AtNodeConfig
from distgroup.distributed.room import check_room, networks_at_once, on_gpu, per_worker
from distgroup.distributed.train_rank import News, Orders, state_in, train_rank
from distgroup.distributed.training_folder import claim, share_folder
from distgroup.errors import RequestError, TrainingError, describe
from distgroup.location import Location
from distgroup.training.assignment import Assignment, TrainedNetwork, TrainedRun
from distgroup.training.settings import Training

RETRIES = 3
"""Times that all ranks of a share are started again after one has died, and as often if they do not find together."""

SECONDS_BETWEEN_LOOKS = 0.3


def train(
    assignment: Assignment,
    folder: Path | str | Location,
    *,
    resume: bool = False,
    wait_for_nodes: bool = False,
    dtype: torch.dtype = torch.float32,
    done: Callable[[int], None] | None = None,
) -> TrainedRun:
    """Carry out an assignment on the Ray that this process is connected to, each network on ``training.workers`` ranks.

    Checkpoints go to ``folder``, which must be one and the same on all nodes; with ``resume`` training goes on from the
    latest there, if there are any. ``done`` is called with the number of batches done since its last call.
    ``wait_for_nodes``: the cluster may grow, so more may be asked for than it has now. The result depends neither on
    the number of ranks, nor on how many networks are trained at once, nor on deaths and resumption, but for rounding.

    Raises RequestError if the folder holds another training, or this one without ``resume``, or the cluster is too
    small; DivergedError; TrainingError if ranks kept failing. It does so at once: of the other networks, those that are
    being trained go on for as long as this process stays connected.
    """
    training = assignment.problem.training
    gpu = on_gpu(training)
    if training.workers > training.batch_size:
        raise RequestError(
            f"training.workers: {training.workers} workers cannot share batches of {training.batch_size} rows "
            "(training.batch_size)"
        )
    if not wait_for_nodes:
        check_room(training, gpu)
    at, networks = Location.of(folder), assignment.networks
    at_once = min(networks_at_once(training, gpu), len(networks))
    shares = claim(assignment, at, at_once, resume=resume)
    held = ray.put(assignment)
    fits = [
        _Fit(Orders(held, networks[share::shares], gpu, dtype, _news()), training, share_folder(at, share))
        for share in range(shares)
    ]
    _carry_out(fits, at_once, assignment.batches, done)
    trained = {network.group: network for fit in fits for network in fit.networks()}
    return TrainedRun(tuple(trained[group] for group in networks))


def _news() -> Any:
    """On this driver's node: on another it could be lost, and the training with it."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return News.options(num_cpus=0, scheduling_strategy=here).remote()  # type: ignore[attr-defined]


class _Fit(Thread):
    """Ray Train at work. In a thread: in the main one it would take Ctrl-C for itself, and end as if all were done."""

    def __init__(self, orders: Orders, training: Training, folder: Location) -> None:
        super().__init__(daemon=True)
        self._orders, self._training, self._folder = orders, training, folder
        self._found: Any = None

    @property
    def batches(self) -> int:
        """Done so far, as far as the first rank has told."""
        return int(ray.get(self._orders.news.get.remote()))

    def run(self) -> None:
        for _ in range(1 + RETRIES):
            self._found = self._fitted()
            if not isinstance(self._found, ControllerError):  # a node may be lost just when ranks are to find together
                return

    def _fitted(self) -> Any:
        try:
            return _trainer(self._orders, self._training, self._folder).fit()
        except (Exception, SystemExit) as error:  # noqa: BLE001 (raised where it is asked for; SystemExit: Ray was left)
            return error

    def networks(self) -> Sequence[TrainedNetwork]:
        """Raises DivergedError as the ranks did, TrainingError for whatever else went wrong."""
        if isinstance(self._found, Exception):
            failures = getattr(self._found, "worker_failures", {})
            causes = [f"rank {rank}: {describe(error)}" for rank, error in sorted(failures.items())]
            alone = getattr(self._found, "controller_failure", self._found)
            raise TrainingError("; ".join(causes) or describe(alone)) from self._found
        if self._found.return_value is not None:
            raise self._found.return_value
        finished: list[TrainedNetwork] = state_in(self._found.checkpoint)["finished"]
        return finished


def _carry_out(fits: Sequence[_Fit], at_once: int, batches: int, done: Callable[[int], None] | None) -> None:
    """Raises as soon as one has failed, and as it did."""
    waiting, going, seen = list(fits), list[_Fit](), 0
    while waiting or going:
        while waiting and len(going) < at_once:
            going.append(waiting.pop(0))
            going[-1].start()
        going[0].join(SECONDS_BETWEEN_LOOKS)
        for fit in [fit for fit in going if not fit.is_alive()]:
            fit.networks()
            going.remove(fit)
        now = sum(fit.batches for fit in fits)
        if done and now > seen:
            done(now - seen)
        seen = max(now, seen)
    if done and batches > seen:
        done(batches - seen)


def _trainer(orders: Orders, training: Training, folder: Location) -> TorchTrainer:
    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.1")  # Ray's 2 s make a start take 10 s longer
    return TorchTrainer(
        train_rank,  # type: ignore[arg-type]
        train_loop_config={"orders": orders},
        torch_config=AtNodeConfig(backend="nccl" if orders.gpu else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=training.workers,
            use_gpu=orders.gpu,
            resources_per_worker=per_worker(training, orders.gpu).bundle,
        ),
        run_config=RunConfig(
            name=folder.inside,
            storage_path=folder.root,
            checkpoint_config=CheckpointConfig(num_to_keep=1),
            failure_config=FailureConfig(max_failures=RETRIES),
        ),
    )
