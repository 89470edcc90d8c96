"""The spec: one YAML file, validated into frozen objects. `distgroup schema` prints it as JSON Schema."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, PositiveInt, ValidationError, field_validator

from distgroup.encoders import AnyEncoder, Mlp
from distgroup.errors import RequestError
from distgroup.estimators import AnyEstimator
from distgroup.estimators.python_source import Python as PythonEstimator
from distgroup.explain import explain
from distgroup.gains import Gain
from distgroup.options import Options
from distgroup.selectors import AnySelector
from distgroup.selectors.exact import Exact
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.python_source import Python
from distgroup.tasks.series import Series
from distgroup.tasks.table import Table
from distgroup.training.problem import Problem
from distgroup.training.settings import Training


def _short(value: Any) -> Any:
    """``lookahead`` means ``{kind: lookahead}``."""
    return {"kind": value} if isinstance(value, str) else value


AnyData = Annotated[DigitsPair | Table | Series | Python, Field(discriminator="kind")]
EstimatorChoice = Annotated[Annotated[AnyEstimator, Field(discriminator="kind")], BeforeValidator(_short)]
SelectorChoice = Annotated[AnySelector, BeforeValidator(_short)]
NumGroups = PositiveInt | Literal["auto"]


class Model(Options):
    """A shared encoder; each task adds a linear head."""

    encoder: Annotated[AnyEncoder, Field(discriminator="kind")] = Mlp()


class GroundTruth(Options):
    """Which update rules to enumerate exhaustively. `separate` trains every subset of the tasks."""

    update: tuple[Literal["separate"], ...] = Field(default=("separate",), min_length=1)


class Sampler(Options):
    """What proposes the trials: Optuna's TPE, uniform draws, or every combination once."""

    kind: Literal["tpe", "random", "grid"] = "tpe"
    seed: int = Field(default=0, ge=0, lt=2**32)


class Space(Options):
    """What a trial chooses from; every entry is a list of alternatives."""

    update: tuple[Literal["separate"], ...] = Field(default=("separate",), min_length=1)
    estimator: tuple[EstimatorChoice, ...] = Field(min_length=1)
    num_groups: tuple[NumGroups, ...] = Field(
        default=("auto",), min_length=1, description="At most so many groups; auto leaves the number to the selector"
    )
    selector: tuple[SelectorChoice, ...] = Field(default=(Exact(),), min_length=1)

    @field_validator("update", "estimator", "num_groups", "selector")
    @classmethod
    def _distinct(cls, entries: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(entries)) < len(entries):
            raise ValueError("an alternative occurs twice")
        return entries


class Search(Options):
    """Trials: an estimator's affinity, a selector, a number of groups; scored against the ground truth."""

    trials: int = Field(default=40, ge=1)
    sampler: Annotated[Sampler, BeforeValidator(_short)] = Sampler()
    objectives: tuple[Literal["delta_m"], ...] = Field(
        default=("delta_m",), min_length=1, max_length=1, description="Maximised on validation"
    )
    space: Space


class Spec(Options):
    """A whole run: data, network, training, what to enumerate, what to search, where the tables go."""

    name: str = Field(min_length=1)
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**63)], ...] = Field(default=(0, 1, 2, 3), min_length=1)
    data: AnyData
    model: Model = Model()
    training: Training = Training()
    gain: Gain = Field(default="relative", description="How a task's gain in a group is measured")
    ground_truth: GroundTruth
    search: Search
    output: Path = Field(description="Folder of the result tables, relative to where distgroup is run")

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
        spec = _anchored(Spec.model_validate(content), path.parent)
    except ValidationError as error:
        raise RequestError(explain(path, error, Spec, content)) from None
    for estimator in spec.search.space.estimator:
        if isinstance(estimator, PythonEstimator):
            estimator.bind(path.parent)
    return spec


def _anchored(spec: Spec, folder: Path) -> Spec:
    """The spec with its data file's path made absolute, so that a copy elsewhere means the same."""
    if not isinstance(spec.data, Table | Series):
        return spec
    data = spec.data.model_copy(update={"path": (folder / spec.data.path).absolute()})
    return spec.model_copy(update={"data": data})


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
