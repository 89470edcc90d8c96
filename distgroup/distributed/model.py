"""Train an assignment and keep it as a model: what `distgroup train` does, and a run that ends with its best."""

from collections.abc import Callable
from pathlib import Path

from distgroup import trained
from distgroup.distributed.train import train
from distgroup.location import Location
from distgroup.training.assignment import Assignment, TrainedRun


def train_model(
    assignment: Assignment,
    folder: Path | str | Location,
    *,
    resume: bool = False,
    wait_for_nodes: bool = False,
    done: Callable[[int], None] | None = None,
) -> TrainedRun:
    """`train` in ``folder``, and write model.pt and model.json there."""
    run = train(assignment, folder, resume=resume, wait_for_nodes=wait_for_nodes, done=done)
    networks = [(network.group, dict(network.parameters)) for network in run.networks]
    trained.save(folder, assignment.problem, assignment.update, run.grouping, run.serves, networks)
    return run
