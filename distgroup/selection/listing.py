"""Group scores from a list of networks in a file, in long form."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from distgroup.errors import RequestError
from distgroup.grouping import Group, check_task_name, group_text, parse_group
from distgroup.networks import NetworkScores
from distgroup.scores import Floats
from distgroup.spread import Rule, chosen_on
from distgroup.tasks.datafile import DataFile

REQUIRED = ("tasks", "task", "score")
OPTIONAL = ("network", "cost", "seed")
NAMES = ("tasks", "task", "network")


@dataclass
class _Network:
    group: Group
    cost: float


def read_networks(path: Path, lower_is_better: bool, rule: Rule) -> NetworkScores:
    """Scores from a CSV or parquet file with columns ``tasks`` (a+b), ``task``, ``score``, one row a task of a network.

    Optional columns: ``network``, its name (default: its tasks); ``cost`` (default 1); ``seed``, where every score is
    repeated for every seed, and ``rule`` says what of them to choose on. With ``lower_is_better`` scores are negated.
    Raises RequestError, with the row, where the table is not so.
    """
    file = DataFile(path)
    columns = [file.column("column", name) for name in REQUIRED] + [name for name in OPTIONAL if name in file.names]
    table = file.read(columns, text=NAMES)
    numbers: dict[str, Floats] = {
        name: file.numbers(name, name, table[name]) for name in ("score", "cost") if name in columns
    }
    networks, scores = _collected(_rows(path, table, numbers))
    tasks = sorted(frozenset[str]().union(*(network.group for network in networks.values())))
    values = _values(path, networks, tasks, scores)
    sign = -1.0 if lower_is_better else 1.0
    costs = np.array([network.cost for network in networks.values()])
    return NetworkScores(tasks, list(networks), chosen_on(sign * values, rule), costs)


def _rows(path: Path, table: pa.Table, numbers: Mapping[str, Floats]) -> list[dict[str, Any]]:
    """The rows with their numbers as floats, their texts as text, and where they stand in the file."""
    rows = []
    for i, row in enumerate(table.to_pylist()):
        at = f"{path}: row {i + 1}"
        if missing := [name for name in row if row[name] is None and name not in numbers]:
            raise RequestError(f"{at}: {missing[0]} is missing")
        texts = {name: str(row[name]) for name in NAMES if name in row}
        rows.append({**row, **texts, **{name: values[i] for name, values in numbers.items()}, "at": at})
    return rows


def _collected(rows: list[dict[str, Any]]) -> tuple[dict[str, _Network], dict[tuple[str, str, Any], float]]:
    networks: dict[str, _Network] = {}
    scores: dict[tuple[str, str, Any], float] = {}
    for row in rows:
        group = _group(row)
        name = row.get("network", group_text(group))
        network = networks.setdefault(name, _Network(group, float(row.get("cost", 1.0))))
        _check_row(row, name, network, group)
        key = name, row["task"], row.get("seed")
        if key in scores:
            raise RequestError(f"{row['at']}: network {name!r} has more than one score of task {row['task']!r}")
        scores[key] = float(row["score"])
    return networks, scores


def _group(row: Mapping[str, Any]) -> Group:
    try:
        group = parse_group(row["tasks"])
        for task in group:
            check_task_name(task)
    except RequestError as error:
        raise RequestError(f"{row['at']}: tasks: {error}") from error
    return group


def _check_row(row: Mapping[str, Any], name: str, network: _Network, group: Group) -> None:
    if row["task"] not in group:
        raise RequestError(f"{row['at']}: task {row['task']!r} is not in the network's tasks, {group_text(group)!r}")
    if not np.isfinite(row["score"]):
        raise RequestError(f"{row['at']}: score is {row['score']}: a finite number is needed")
    if network.group != group:
        raise RequestError(
            f"{row['at']}: network {name!r} has the tasks {group_text(group)!r} here, "
            f"{group_text(network.group)!r} before: a name is for one network"
        )
    cost = float(row.get("cost", 1.0))
    if not 0 < cost < np.inf or cost != network.cost:
        raise RequestError(
            f"{row['at']}: cost of network {name!r} is {cost}: a positive number is needed, the same in all its rows"
        )


def _values(
    path: Path, networks: Mapping[str, _Network], tasks: list[str], scores: Mapping[tuple[str, str, Any], float]
) -> Floats:
    """Shape [seeds, networks, tasks]."""
    seeds = sorted({seed for _, _, seed in scores}, key=str)
    values = np.full((len(seeds), len(networks), len(tasks)), np.nan)
    for s, seed in enumerate(seeds):
        for j, (name, network) in enumerate(networks.items()):
            for task in network.group:
                if (name, task, seed) not in scores:
                    of_seed = "" if seed is None else f" for seed {seed}"
                    raise RequestError(f"{path}: network {name!r} holds task {task!r} but has no score of it{of_seed}")
                values[s, j, tasks.index(task)] = scores[name, task, seed]
    return values
