"""A run's trials where optuna-dashboard finds them: ``optuna-dashboard DIR/optuna.journal``.

A copy, for looking at: the search itself reads the tables alone. Each arm of a point's search is a study, made anew
when the search starts or goes on, and filled as batches are told.
"""

import warnings
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from distgroup.errors import RequestError
from distgroup.proposals import DIRECTIONS, Mirror, arms
from distgroup.results.store import Store
from distgroup.sweep import Point

JOURNAL = "optuna.journal"


def dashboard(point: Point, store: Store) -> Mirror | None:
    """Where the point's trials are to be written, its studies made anew; None if ``store`` is not on this machine.

    No other run may be writing. Raises OSError if the journal cannot be written, RequestError if it is damaged.
    """
    if store.local is None:
        return None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = _storage(store.local / JOURNAL)
    objectives = point.spec.search.objectives
    held, studies = {study.study_name for study in storage.get_all_studies()}, []
    for name in study_names(point):
        if name in held:
            optuna.delete_study(study_name=name, storage=storage)
        directions = [DIRECTIONS[objective] for objective in objectives]
        studies.append(optuna.create_study(study_name=name, storage=storage, directions=directions))
        with warnings.catch_warnings(category=optuna.exceptions.ExperimentalWarning, action="ignore"):
            studies[-1].set_metric_names(list(objectives))
    return lambda arm, trial: studies[arm].add_trial(trial)


def study_names(point: Point) -> list[str]:
    """One an arm of the search."""
    front = f"{point.spec.name} {point.problem.task_set.name} {point.key}"
    tasks = len(point.problem.task_set.tasks)
    return [f"{front} {arm.name}".strip() for arm in arms(point.spec.search, tasks)]


def _storage(path: Path) -> BaseStorage:
    """The journal; what a killed run left of a line, and its lock, are removed first."""
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if path.exists():
        with path.open("rb+") as journal:
            journal.truncate(journal.read().rfind(b"\n") + 1)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except ValueError as error:
        raise RequestError(f"{path}: damaged ({error}); it is only a copy for optuna-dashboard: remove it") from None
