"""Data-parallel training with Ray Train: ranks share every batch, and go on from a checkpoint when one has died."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import ray
import torch
from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from distgroup.distributed.train_rank import News, Orders, state_in, train_rank
from distgroup.errors import RequestError, describe
from distgroup.location import Location
from distgroup.training.assignment import Assignment, TrainedRun
from distgroup.training.settings import Training

CHECKPOINTS, ABOUT = "checkpoints", "training.json"

RETRIES = 3
"""Times that all ranks are started again after one has died."""

SECONDS_BETWEEN_LOOKS = 0.3


class TrainingError(RuntimeError):
    """Ranks kept failing; the message says how at last."""


def train(
    assignment: Assignment,
    folder: Path | str | Location,
    *,
    resume: bool = False,
    wait_for_nodes: bool = False,
    dtype: torch.dtype = torch.float32,
    done: Callable[[int], None] | None = None,
) -> TrainedRun:
    """Carry out an assignment on ``training.workers`` ranks of the Ray that this process is connected to.

    Checkpoints go to ``folder``, which must be one and the same on all nodes; with ``resume`` training goes on from the
    latest there, if there is one. ``done`` is called with the number of batches done since its last call.
    ``wait_for_nodes``: the cluster may grow, so more may be asked for than it has now. The result depends neither on
    the number of ranks nor on deaths and resumption, but for rounding.

    Raises RequestError if the folder holds another training, or this one without ``resume``, or the cluster is too
    small; DivergedError; TrainingError if ranks kept failing.
    """
    training = assignment.problem.training
    gpu = _on_gpu(training)
    if training.workers > training.batch_size:
        raise RequestError(
            f"training.workers: {training.workers} workers cannot share batches of {training.batch_size} rows "
            "(training.batch_size)"
        )
    if not wait_for_nodes:
        _check_room(training, gpu)
    at = Location.of(folder)
    _claim(assignment, at, resume)
    orders = Orders(ray.put(assignment), gpu, dtype, _news())
    fit = _Fit(_trainer(orders, training, at))
    fit.start()
    seen = 0
    while fit.is_alive():
        fit.join(SECONDS_BETWEEN_LOOKS)
        batches = ray.get(orders.news.get.remote())
        if done and batches > seen:
            done(batches - seen)
        seen = max(batches, seen)
    trained = fit.outcome()
    if done and assignment.batches > seen:
        done(assignment.batches - seen)
    return trained


def _news() -> Any:
    """On this driver's node: on another it could be lost, and the training with it."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return News.options(num_cpus=0, scheduling_strategy=here).remote()  # type: ignore[attr-defined]


class _Fit(Thread):
    """Ray Train at work. In a thread: in the main one it would take Ctrl-C for itself, and end as if all were done."""

    def __init__(self, trainer: TorchTrainer) -> None:
        super().__init__(daemon=True)
        self._trainer = trainer
        self._found: Any = None

    def run(self) -> None:
        try:
            self._found = self._trainer.fit()
        except Exception as error:  # noqa: BLE001 (raised where the outcome is asked for)
            self._found = error

    def outcome(self) -> TrainedRun:
        """Raises DivergedError as the ranks did, TrainingError for whatever else went wrong."""
        if isinstance(self._found, Exception):
            failures = getattr(self._found, "worker_failures", {})
            causes = [f"rank {rank}: {describe(error)}" for rank, error in sorted(failures.items())]
            raise TrainingError("; ".join(causes) or describe(self._found)) from self._found
        if self._found.return_value is not None:
            raise self._found.return_value
        return TrainedRun(tuple(state_in(self._found.checkpoint)["finished"]))


def _claim(assignment: Assignment, folder: Location, resume: bool) -> None:
    """Say in the folder what is trained there. Raises RequestError if something is already, unless it is resumed."""
    file, here = folder / ABOUT, assignment.description
    if not any(name.startswith("checkpoint_") for name in (folder / CHECKPOINTS).entries()):
        file.write(json.dumps(here, indent=2).encode())
        return
    there = json.loads(file.read())
    changed = [f"{key}: there {there.get(key)}, here {value}" for key, value in here.items() if there.get(key) != value]
    if changed:
        raise RequestError(f"{folder}: holds another training ({'; '.join(changed)}); choose another --output")
    if not resume:
        raise RequestError(f"{folder}: already holds this training; add --resume to go on, or choose another --output")


def superseded(assignment: Assignment, folder: Location) -> bool:
    """Does the folder hold a training, or its model, other than this one?"""
    file = folder / ABOUT
    return file.exists() and json.loads(file.read()) != assignment.description


def remove(folder: Location) -> None:
    """Delete a training and its model. What says whose they are goes last: cut short, it is there to be done again."""
    for name, is_file in folder.entries().items():
        if name != ABOUT:
            (folder / name).remove() if is_file else (folder / name).remove_folder()
    (folder / ABOUT).remove()


def _on_gpu(training: Training) -> bool:
    if training.parallel.use_gpu == "auto":
        return bool(ray.cluster_resources().get("GPU", 0) >= training.workers)
    return training.parallel.use_gpu


def _per_worker(training: Training, gpu: bool) -> dict[str, float]:
    return {"CPU": training.parallel.cpus_per_worker} | ({"GPU": 1.0} if gpu else {})


def _check_room(training: Training, gpu: bool) -> None:
    has = ray.cluster_resources()
    for kind, each in _per_worker(training, gpu).items():
        if has.get(kind, 0.0) < training.workers * each:
            raise RequestError(
                f"training.workers: {training.workers} workers take {training.workers * each:g} {kind}s, and there are "
                f"{has.get(kind, 0.0):g}; lower training.workers, or change training.parallel"
            )


def _trainer(orders: Orders, training: Training, folder: Location) -> TorchTrainer:
    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.1")  # Ray's 2 s make a start take 10 s longer
    return TorchTrainer(
        train_rank,  # type: ignore[arg-type]
        train_loop_config={"orders": orders},
        torch_config=TorchConfig(backend="nccl" if orders.gpu else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=training.workers,
            use_gpu=orders.gpu,
            resources_per_worker=_per_worker(training, orders.gpu),
        ),
        run_config=RunConfig(
            name=f"{folder.inside}/{CHECKPOINTS}".lstrip("/"),
            storage_path=folder.root,
            checkpoint_config=CheckpointConfig(num_to_keep=1),
            failure_config=FailureConfig(max_failures=RETRIES),
        ),
    )
