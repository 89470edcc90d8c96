"""The spec: one YAML file, validated into frozen objects. `distgroup schema` prints it as JSON Schema."""

import json
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from distgroup.encoders import AnyEncoder, Mlp
from distgroup.errors import RequestError
from distgroup.estimators.python_source import Python as PythonEstimator
from distgroup.explain import explain
from distgroup.gains import Gain
from distgroup.options import Options
from distgroup.place import Place, anchored
from distgroup.resources import Resources
from distgroup.search import Search
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.python_source import Python
from distgroup.tasks.series import Series
from distgroup.tasks.table import Table
from distgroup.training.problem import Problem
from distgroup.training.settings import Training
from distgroup.update import Update

AnyData = Annotated[DigitsPair | Table | Series | Python, Field(discriminator="kind")]


class Model(Options):
    """A shared encoder; each task adds a linear head."""

    encoder: Annotated[AnyEncoder, Field(discriminator="kind")] = Mlp()


class GroundTruth(Options):
    """Which update rules to enumerate: `separate` trains every subset of the tasks, `selective` every partition."""

    update: tuple[Update, ...] = Field(default=("separate",), min_length=1)


class Sweep(Options):
    """Every combination of these is a run of its own, with its own ground truth and search, into the same tables.

    ```yaml
    sweep:
      taskset: [{kind: digits_pair}, {kind: table, path: …}]
      model.encoder.widths: [[16], [64, 64]]
      training.optimizer.lr: [0.001, 0.01]
    ```
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(init=False)

    taskset: tuple[AnyData, ...] = Field(default=(), description="In place of `data`")


class Train(Options):
    """What `run` ends with."""

    best: bool = Field(default=False, description="Train the grouping that validation chose, and write it as a model")
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Of the model; left out: the first of `seeds`")


class Spec(Options):
    """A whole run: data, network, training, what to enumerate, what to search, where the tables go."""

    name: str = Field(min_length=1)
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**63)], ...] = Field(default=(0, 1, 2, 3), min_length=1)
    data: AnyData
    model: Model = Model()
    training: Training = Training()
    gain: Gain = Field(default="relative", description="How a task's gain in a group is measured")
    ground_truth: GroundTruth | None = Field(
        default=None, description="What to enumerate; left out: nothing, and trials are scored by training"
    )
    search: Search
    sweep: Sweep = Field(
        default=Sweep(), description="Dotted keys of seeds, model, training and gain, and `taskset`, each with a list"
    )
    train: Train = Train()
    resources: Resources = Resources()
    output: Place = Field(
        description="Folder of the result tables, relative to where distgroup is run; or file://, s3:// or gs:// URI"
    )

    @model_validator(mode="before")
    @classmethod
    def _data_of_a_sweep(cls, content: Any) -> Any:
        """A sweep over task sets needs no `data` beside."""
        sweep = content.get("sweep") if isinstance(content, dict) else None
        if isinstance(sweep, dict) and isinstance(sweep.get("taskset"), list) and sweep["taskset"]:
            return {"data": sweep["taskset"][0]} | content
        return content

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("seeds must be distinct")
        return seeds

    def problem(self, folder: Path) -> Problem:
        """Load the data (relative paths start at ``folder``, the spec's own) and say what is to be trained on it."""
        return Problem(self.data.load(folder), self.model.encoder, self.training, self.gain)

    def to_yaml(self) -> str:
        """The resolved spec: every default written out."""
        return yaml.safe_dump(json.loads(self.model_dump_json()), sort_keys=False, allow_unicode=True)


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key that occurs twice is an error, not a silent override."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} occurs twice", problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return node


def load_spec(path: Path) -> Spec:
    """Read and validate a spec. Raises RequestError naming the file, the field, what was found and what is allowed."""
    content = _read(path)
    if not isinstance(content, dict):
        raise RequestError(f"{path}: a spec is a mapping with the keys {', '.join(Spec.model_fields)}")
    try:
        return placed(Spec.model_validate(content), path.parent)
    except ValidationError as error:
        raise RequestError(explain(path, error, Spec, content)) from None


def placed(spec: Spec, folder: Path) -> Spec:
    """The spec with its data files' paths made absolute and the user's own code looked for in ``folder``."""
    spec.model.encoder.bind(folder)
    for candidate in spec.search.space.estimator:
        if isinstance(candidate.estimator, PythonEstimator):
            candidate.estimator.bind(folder)
    sweep = spec.sweep.model_copy(update={"taskset": tuple(_anchored(each, folder) for each in spec.sweep.taskset)})
    return spec.model_copy(update={"data": _anchored(spec.data, folder), "sweep": sweep})


def _anchored(data: AnyData, folder: Path) -> AnyData:
    """The data with its file's path made absolute, so that a copy of the spec elsewhere means the same."""
    if not isinstance(data, Table | Series):
        return data
    return data.model_copy(update={"path": anchored(data.path, folder)})


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RequestError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}: cannot be read: {error}") from None
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise RequestError(f"{path}: not valid YAML: {where}{error.problem}") from None
    except RecursionError:
        raise RequestError(f"{path}: not valid YAML: nested too deeply") from None
    except ValueError as error:
        raise RequestError(f"{path}: not valid YAML: a date or number in it cannot be: {error}") from None
    except yaml.YAMLError as error:
        raise RequestError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
