"""What a choice scores in another table: choose on val, report on test."""

from pathlib import Path

import numpy as np

from distgroup.errors import RequestError
from distgroup.grouping import group_text
from distgroup.networks import NetworkScores
from distgroup.scores import GroupScores
from distgroup.selectors import NetworkSelection


def report_total(path: Path, other: GroupScores, selection: NetworkSelection) -> float:
    """Sum over tasks of the score in ``other``, from the network or group that was chosen to serve each.

    ``path`` is where ``other`` was read. Raises RequestError if its tasks differ, or it lacks what was chosen.
    """
    if set(other.tasks) != set(selection.serves):
        differ = sorted(set(other.tasks) ^ set(selection.serves))
        raise RequestError(f"{path}: task {differ[0]!r} is in one of the two tables only; the tasks must be the same")
    total = 0.0
    for task, group in selection.serves.items():
        score = _score(other, selection, task, other.tasks.index(task))
        if not np.isfinite(score):
            raise RequestError(f"{path}: no score of task {task!r} in {'+'.join(sorted(group))!r}, which was chosen")
        total += score
    return total


def _score(other: GroupScores, selection: NetworkSelection, task: str, column: int) -> float:
    name, group = selection.network_of[task], selection.serves[task]
    if isinstance(other, NetworkScores):
        if name in other.names:
            return float(other.values[other.names.index(name), column])
        if group_text(group) not in (name, *other.names):
            return np.nan
    # Where one of the tables does not name its networks, the tasks tell.
    return float(other.of(group)[column])
