"""The main job: enumerate the truth, search, and leave tables behind; for every point of a sweep."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pandas as pd

from distgroup.best import best_assignment, has_model, model_folder
from distgroup.distributed.ground_truth import enumerate_subsets, enumerated
from distgroup.distributed.model import train_model
from distgroup.distributed.partitions import enumerate_partitions, partitions_enumerated
from distgroup.distributed.preflight import check, needs_of
from distgroup.distributed.search import run_search, searched
from distgroup.distributed.training_folder import remove, superseded
from distgroup.distributed.workers import workers
from distgroup.enumerable import check_enumerable
from distgroup.errors import describe
from distgroup.location import Location
from distgroup.partition_truth import PartitionTruth
from distgroup.proposals import number_of_trials
from distgroup.results.dashboard import dashboard
from distgroup.results.optima import optima_rows
from distgroup.results.points import point_row
from distgroup.results.store import Store
from distgroup.results.trials import about
from distgroup.sweep import Point
from distgroup.trial import Bench
from distgroup.truth import Truth

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

FAILED = "ground_truth"
"""Trial id of the row that says why a point of a sweep could not be enumerated."""


def finished(point: Point, store: Store) -> bool:
    """Is all of a point in the tables?"""
    problem, seeds = point.problem, point.spec.seeds
    return (
        ("separate" not in point.update or enumerated(problem, seeds, store))
        and ("selective" not in point.update or partitions_enumerated(problem, seeds, store))
        and searched(problem, seeds, point.spec.search, store)
    )


def trained(point: Point, store: Store, *, alone: bool) -> bool:
    """Is the model there that the spec asks for, if it asks for one?"""
    if not point.spec.train.best:
        return True
    folder, assignment = model_folder(point, store, alone=alone), best_assignment(point, store.read("trials"))
    return assignment is None or (has_model(folder) and not superseded(assignment, folder))


def run(points: Sequence[Point], store: Store, address: str | None, progress: Progress) -> None:
    """Run every point on a Ray of its own, or on the one at ``address``; what ``store`` has is not done again.

    Of one point alone, raises DivergedError if a network of the ground truth diverges; of a sweep, the failure is a row
    of table `trials`, and the other points go on. Raises RequestError, before any work, if the cluster has too little
    or its nodes do not share the output folder; OSError if a table cannot be written.
    """
    if all(finished(point, store) and trained(point, store, alone=len(points) == 1) for point in points):
        return
    alone = len(points) == 1
    with workers(address) as joined:
        check([need for point in points for need in needs_of(point.spec)], str(store.location), joined, print)
        for point in points:
            if not finished(point, store):
                _run_point(point, store, progress, alone=alone)
        for point in points:
            if point.spec.train.best:
                _train_best(point, model_folder(point, store, alone=alone), store, progress, joined=joined)


def _run_point(point: Point, store: Store, progress: Progress, *, alone: bool) -> None:
    spec, problem = point.spec, point.problem
    store.write("points", point.key, [point_row(point)])
    try:
        bench = _enumerate(point, store, progress)
    except OSError:
        raise
    except Exception as error:
        if alone:
            raise
        why = describe(error).partition("\n")[0]  # Ray adds a page of guesses
        row = {**about(problem, spec.seeds), "trial_id": FAILED, "status": "failed", "error": why}
        store.write("trials", f"{point.key}-{FAILED}", [row])
        return
    if store.has("trials", f"{point.key}-{FAILED}"):
        store.remove("trials", f"{point.key}-{FAILED}")
    with progress("search", number_of_trials(spec.search, len(problem.task_set.tasks))) as done:
        run_search(bench, spec.search, spec.resources, lambda: done(1), dashboard(point, store))


def _train_best(point: Point, folder: Location, store: Store, progress: Progress, *, joined: bool) -> None:
    """Train the trial that validation chose; on a cluster that was joined, wait for the nodes that it takes."""
    assignment = best_assignment(point, store.read("trials"))
    if assignment is None:
        return
    if superseded(assignment, folder):
        print(f"{folder}: what the spec and its trials call the best is another now; trained anew")
        remove(folder)
    if has_model(folder):
        return
    with progress("training the best", assignment.batches) as done:
        train_model(assignment, folder, resume=True, wait_for_nodes=joined, done=done)


def _enumerate(point: Point, store: Store, progress: Progress) -> Bench:
    problem, seeds, resources = point.problem, point.spec.seeds, point.spec.resources
    truth = partitions = None
    seconds: dict[str, float] = {}
    if "separate" in point.update:
        with progress("ground truth, separate", check_enumerable(problem, len(seeds))) as done:
            for count in enumerate_subsets(problem, seeds, store, resources):
                done(count)
        truth = Truth.from_table(_own(store, point, "subsets", "subset", seconds), problem.task_set.names, seeds)
        store.write("optima", f"{point.key}-separate", optima_rows(problem, truth))
    if "selective" in point.update:
        with progress("ground truth, selective", check_enumerable(problem, len(seeds), "selective")) as done:
            for count in enumerate_partitions(problem, seeds, store, resources):
                done(count)
        table = _own(store, point, "partitions", "grouping", seconds)
        partitions = PartitionTruth.from_table(table, problem.task_set.names, seeds)
        store.write("optima", f"{point.key}-selective", optima_rows(problem, partitions))
    return Bench(problem, seeds, store, truth, partitions, seconds)


def _own(store: Store, point: Point, table: str, column: str, seconds: dict[str, float]) -> pd.DataFrame:
    """The point's rows of a table; adds up the training time of each network over the seeds."""
    rows = store.read(table)
    own = rows[(rows["spec_hash"] == point.problem.digest) & rows["seed"].isin(point.spec.seeds)]
    seconds |= own.drop_duplicates(["seed", column]).groupby(column)["seconds"].sum().to_dict()
    return own
