"""A trained model: saved as a folder of two files, loaded anywhere, asked for predictions.

`model.pt` holds the networks' state dicts and nothing else, so that it loads with ``weights_only``; `model.json` the
rest (see `description`). A model with a `python` encoder also takes the user's module: importable, or in the folder.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import torch
from pydantic import ValidationError
from torch import Tensor

from distgroup import __version__
from distgroup.description import Description, SavedTask, saved_inputs, saved_tasks
from distgroup.errors import RequestError
from distgroup.grouping import Group, Grouping, group_text, parse_group
from distgroup.location import Location
from distgroup.tasks.columns import Columns
from distgroup.tasks.task import Floats
from distgroup.training.module import MultiTask, build
from distgroup.training.problem import Problem
from distgroup.update import Update

WEIGHTS, DESCRIPTION = "model.pt", "model.json"
ROWS_AT_ONCE = 4096


class Model:
    """Networks with all that it takes to predict from a table; made by `load`."""

    def __init__(self, description: Description, networks: Mapping[str, MultiTask]) -> None:
        self.description, self.networks = description, dict(networks)

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(task.name for task in self.description.tasks)

    @property
    def grouping(self) -> Grouping:
        return Grouping.parse(self.description.grouping)

    def predict(self, table: pd.DataFrame | Path | str, *, probabilities: bool = False) -> pd.DataFrame:
        """One column a task, one row a row of ``table``, under its index.

        ``table``: a frame, or a parquet or CSV file, with the columns that the model was trained on; a missing input
        takes its mean on train. A regression is predicted in its label's own units, a binary or multiclass task as its
        likeliest class, a value of its label. ``probabilities``: instead a column ``task/class`` for each class.

        Of a series, ``table`` has the time steps in their order, without a gap. A row is predicted from the window that
        ends with it, so that the first have no prediction; what is predicted lies the horizon later.

        Raises RequestError for a column that is missing, holds no numbers or is infinite somewhere.
        """
        inputs = self.description.inputs
        raw, index = Columns(inputs.columns, inputs.window).read(table)
        scaled = torch.as_tensor(np.nan_to_num((raw - np.array(inputs.mean)) / np.array(inputs.scale)))
        logits = {name: _logits(network, scaled) for name, network in self.networks.items()}
        columns: dict[str, Any] = {}
        for task in self.description.tasks:
            served = self.description.serves[task.name]
            found = logits[served][:, _outputs(self.networks[served], task.name)].double()
            columns |= _probabilities(task, found) if probabilities else {task.name: _prediction(task, found)}
        return pd.DataFrame(columns, index=index)


def save(
    folder: Path | str | Location,
    problem: Problem,
    update: Update,
    grouping: Grouping,
    serves: Mapping[str, Group],
    networks: Sequence[tuple[Group, Mapping[str, Tensor]]],
) -> None:
    """Write a model to ``folder``, a path or the URI of an object store.

    ``networks``: of each the tasks that its `MultiTask` has, and its state dict; ``selective`` has one, of all tasks.
    ``serves``: of each task the one of those groups whose network predicts it.
    """
    at = Location.of(folder)
    held = {group_text(group): {name: part.detach().cpu() for name, part in state.items()} for group, state in networks}
    buffer = io.BytesIO()
    torch.save(held, buffer)
    description = Description(
        distgroup=__version__,
        task_set=problem.task_set.name,
        spec_hash=problem.digest,
        update=update,
        grouping=str(grouping),
        tasks=saved_tasks(problem.task_set),
        inputs=saved_inputs(problem.task_set),
        encoder=problem.encoder,
        networks=tuple(held),
        serves={name: group_text(serves[name]) for name in problem.task_set.names},
        weights=_digest(buffer.getvalue()),
    )
    (at / WEIGHTS).write(buffer.getvalue())
    (at / DESCRIPTION).write(description.model_dump_json(indent=2).encode())


def load(path: Path | str | Location) -> Model:
    """The model in a folder that `save` has written. Raises RequestError if there is none, or it cannot be used."""
    at = Location.of(path)
    description = _described(at)
    try:
        description.encoder.bind(at.local or Path())
    except RequestError as error:
        raise RequestError(
            f"{at}: the model's encoder is of your own code, which must lie beside it or be importable: {error}"
        ) from error
    states = _weights(at, description)
    tasks = {one.name: one.task for one in description.tasks}
    networks = {}
    for name in description.networks:
        held = [tasks[task] for task in tasks if task in parse_group(name)]
        network = build(description.encoder, description.inputs.features, held, seed=0)
        try:
            network.load_state_dict(states[name])
        except RuntimeError as error:
            raise RequestError(
                f"{at / WEIGHTS}: network {name} does not fit the encoder; if that is of your own, has it changed? "
                f"{' '.join(str(error).split())}"
            ) from None
        networks[name] = network.to(next(iter(states[name].values())).dtype).eval()
    return Model(description, networks)


def _described(at: Location) -> Description:
    file = at / DESCRIPTION
    try:
        return Description.model_validate_json(file.read())
    except (FileNotFoundError, NotADirectoryError):
        raise RequestError(f"{at}: no model there: it has no {DESCRIPTION}") from None
    except OSError as error:
        raise RequestError(f"{file}: cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RequestError(f"{file}: not the description of a model: {where}: {first['msg']}") from None


def _weights(at: Location, description: Description) -> dict[str, dict[str, Tensor]]:
    file = at / WEIGHTS
    try:
        content = file.read()
    except OSError as error:
        raise RequestError(f"{file}: cannot be read: {error}") from None
    if _digest(content) != description.weights:
        raise RequestError(f"{file}: damaged, or of another model than {DESCRIPTION} beside it")
    held: BinaryIO = io.BytesIO(content)
    found: dict[str, dict[str, Tensor]] = torch.load(held, map_location="cpu", weights_only=True)
    return found


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _logits(network: MultiTask, inputs: Tensor) -> Tensor:
    """[rows, outputs]"""
    kind = next(network.parameters()).dtype
    with torch.inference_mode():
        return torch.cat([network(rows.to(kind)) for rows in inputs.split(ROWS_AT_ONCE)])


def _outputs(network: MultiTask, task: str) -> slice:
    """Which of the network's outputs are the task's."""
    names = [one.name for one in network.tasks]
    before = sum(one.outputs for one in network.tasks[: names.index(task)])
    return slice(before, before + network.tasks[names.index(task)].outputs)


def _prediction(task: SavedTask, logits: Tensor) -> "Floats | pd.Series[Any]":
    if task.kind == "regression":
        values: Floats = (logits[:, 0] * task.scale + task.mean).numpy()
        return values
    codes = (logits[:, 0] > 0).long() if task.kind == "binary" else logits.argmax(1)
    labels = np.array(_classes(task), dtype=object)
    return pd.Series(labels[codes.numpy()]).infer_objects().array


def _probabilities(task: SavedTask, logits: Tensor) -> dict[str, Any]:
    if task.kind == "regression":
        return {task.name: _prediction(task, logits)}
    both = torch.cat([torch.zeros_like(logits), logits], 1) if task.kind == "binary" else logits
    shares = both.softmax(1).numpy()
    return {f"{task.name}/{label}": shares[:, i] for i, label in enumerate(_classes(task))}


def _classes(task: SavedTask) -> Sequence[Any]:
    return task.classes or range(max(task.outputs, 2))
