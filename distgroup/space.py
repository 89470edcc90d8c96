"""The search space as a spec states it: lists of alternatives, and ranges. `points` says how one is walked."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, ValidationError, field_validator, model_validator

from distgroup.estimators import AnyEstimator, Python
from distgroup.options import Options
from distgroup.selectors import AnySelector
from distgroup.selectors.exact import Exact
from distgroup.update import Update

NumGroups = PositiveInt | Literal["auto"]
RegroupEvery = PositiveInt | Literal["never"]


class Range(Options):
    """Numbers from ``low`` to ``high``; whole ones if both are."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low must be less than high" + (", and positive where log is true" if self.log else ""))
        return self

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def examples(self) -> list[Any]:
        return [self.low, self.high]


Dimension = Range | Annotated[tuple[Any, ...], Field(min_length=1)]
"""A range, or a list of alternatives."""


def examples(dimension: Dimension) -> list[Any]:
    """Values that must be allowed if all are: the ends of a range, every alternative of a list."""
    return dimension.examples() if isinstance(dimension, Range) else list(dimension)


class Candidate(Options):
    """An estimator, and those of its options that are searched: a range or a list in place of a value.

    `lookahead`, `{kind: lookahead, every: 5}` and `{kind: lookahead, every: [5, 20]}` are all candidates.
    """

    estimator: Annotated[AnyEstimator, Field(discriminator="kind")]
    searched: dict[str, Dimension] = Field(default={})

    @model_validator(mode="after")
    def _allowed(self) -> "Candidate":
        for name, dimension in self.searched.items():
            for value in examples(dimension):
                self.having({name: value})
        return self

    @property
    def name(self) -> str:
        """The kind, or all options as JSON where they are not the defaults."""
        options = self.estimator.model_dump(exclude_defaults=True)
        return self.estimator.model_dump_json() if options else self.estimator.kind

    def having(self, options: Mapping[str, Any]) -> AnyEstimator:
        """The estimator with these options. Raises ValueError if it does not allow one."""
        if not options:
            return self.estimator
        if isinstance(self.estimator, Python):
            raise ValueError("options of a python estimator cannot be searched; name it once for each choice of them")
        try:
            return type(self.estimator).model_validate(self.estimator.model_dump() | dict(options))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ValueError(f"{self.estimator.kind}: {where}: {first['msg']}, found {first['input']!r}") from None


def _candidate(value: Any) -> Any:
    """From what a user writes; ``{estimator: …, searched: …}``, as the resolved spec has it, stays."""
    if not isinstance(value, Mapping):
        return {"estimator": short(value)}
    if "estimator" in value:
        return value
    searched = {name: found for name, found in value.items() if _searched(str(value.get("kind")), str(name), found)}
    fixed = {name: found for name, found in value.items() if name not in searched}
    return {"estimator": fixed, "searched": searched}


def _searched(kind: str, option: str, value: Any) -> bool:
    """Is this a range, or a list where the estimator's option is none?"""
    if isinstance(value, Mapping):
        return "low" in value
    return isinstance(value, list) and option not in _LISTS.get(kind, ())


_LISTS = {
    model.model_fields["kind"].default: [
        name for name, field in model.model_fields.items() if "tuple" in str(field.annotation)
    ]
    for model in AnyEstimator.__args__
}
"""Options, by kind of estimator, whose value is a list itself."""


def label(entry: Any) -> Any:
    """What a sampler and the tables know an alternative by: a plain value."""
    if isinstance(entry, Candidate):
        return entry.name
    if isinstance(entry, Options):
        return entry.model_dump_json() if entry.model_dump(exclude_defaults=True) else entry.model_dump()["kind"]
    return entry if isinstance(entry, int | float | str) else json.dumps(entry)


def short(value: Any) -> Any:
    """``tpe`` means ``{kind: tpe}``."""
    return {"kind": value} if isinstance(value, str) else value


class Space(Options):
    """What a trial chooses from; every entry is a list of alternatives."""

    update: tuple[Update, ...] = Field(default=("separate",), min_length=1)
    estimator: tuple[Annotated[Candidate, BeforeValidator(_candidate)], ...] = Field(
        min_length=1, description="Of affinity; an option may be a list or a range, {low: …, high: …, log: true}"
    )
    num_groups: tuple[NumGroups, ...] = Field(
        default=("auto",), min_length=1, description="At most so many groups; auto leaves the number to the selector"
    )
    regroup_every: tuple[RegroupEvery, ...] = Field(
        default=("never",),
        min_length=1,
        description="selective only. never: the estimator's grouping, kept; a number: by affinity tracked in training, "
        "every so many batches",
    )
    selector: tuple[Annotated[AnySelector, BeforeValidator(short)], ...] = Field(default=(Exact(),), min_length=1)
    hyperparameters: dict[str, Dimension] = Field(
        default={},
        description="Dotted keys of training and model, each a list or a range; trials are then scored by training",
    )

    @field_validator("update", "estimator", "num_groups", "regroup_every", "selector")
    @classmethod
    def _distinct(cls, entries: tuple[Any, ...]) -> tuple[Any, ...]:
        if len({label(entry) for entry in entries}) < len(entries):
            raise ValueError("an alternative occurs twice")
        return entries

    def with_estimator(self, candidate: Candidate) -> "Space":
        """The part of the space that has only this estimator."""
        return self.model_copy(update={"estimator": (candidate,)})
