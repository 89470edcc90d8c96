"""Group scores from a square affinity matrix in a file."""

from math import inf
from pathlib import Path
from typing import Literal

import numpy as np

from distgroup.errors import RequestError
from distgroup.grouping import check_task_name
from distgroup.scores import AffinityScores, Floats
from distgroup.tasks.datafile import DataFile, some

Singleton = Literal["diagonal", "never"] | float
"""What a task scores alone: its entry on the diagonal, so little that it never is alone, or a number."""


def read_affinity(path: Path, singleton: Singleton, lower_is_better: bool) -> AffinityScores:
    """Scores from a CSV or parquet file whose first column is the source, its header the targets.

    Rows may come in another order than columns. With ``lower_is_better`` all numbers are negated. Raises RequestError
    if the matrix is not square, names differ, or a number is missing where it is needed.
    """
    file = DataFile(path)
    source, *targets = file.names
    table = file.read(file.names, text=[source])
    sources = [str(name) for name in table[source].to_pylist()]
    _check_names(path, sources, targets)
    columns = [file.numbers("affinity", name, table[name]) for name in targets]
    affinity = np.column_stack(columns)[[sources.index(name) for name in targets]]
    needed = np.ones_like(affinity, dtype=bool) if singleton == "diagonal" else ~np.eye(len(targets), dtype=bool)
    wrong = needed & ~np.isfinite(affinity)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise RequestError(
            f"{path}: the affinity of source {targets[row]!r} on target {targets[column]!r} is "
            f"{affinity[row, column]}: a finite number is needed"
        )
    sign = -1.0 if lower_is_better else 1.0
    return AffinityScores(targets, sign * np.nan_to_num(affinity), _alone(affinity, singleton, sign))


def _alone(affinity: Floats, singleton: Singleton, sign: float) -> Floats:
    if singleton == "diagonal":
        return sign * np.diag(affinity)
    return np.full(len(affinity), -inf if singleton == "never" else sign * float(singleton))


def _check_names(path: Path, sources: list[str], targets: list[str]) -> None:
    for name in targets:
        check_task_name(name)
    if twice := sorted({name for name in sources if sources.count(name) > 1}):
        raise RequestError(f"{path}: more than one row has the source {twice[0]!r}; names must differ")
    if len(sources) != len(targets):
        raise RequestError(f"{path}: the matrix is not square: {len(sources)} sources (rows), {len(targets)} targets")
    if unknown := [name for name in sources if name not in targets]:
        raise RequestError(f"{path}: source {unknown[0]!r} is no target; the header has {some(targets)}")
