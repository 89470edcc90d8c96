"""The `search` section of a spec: how many trials, who proposes them, and what they aim at."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt, field_validator

from distgroup.options import Options
from distgroup.space import Space, short

Objective = Literal["delta_m", "cost", "regret"]


class Sampler(Options):
    """What proposes the trials: Optuna's TPE, uniform draws, every combination of the lists once, or NSGA-II."""

    kind: Literal["tpe", "random", "grid", "nsga2"] = "tpe"
    seed: int = Field(default=0, ge=0, lt=2**32)
    population: int = Field(default=20, ge=2, description="Trials of a generation (nsga2)")


class Pruner(Options):
    """Optuna's median rule: a trained trial stops that is behind the median of the trials that the sampler was told of.

    Trials that are looked up cost nothing more, and are never stopped.
    """

    kind: Literal["median"] = "median"
    startup_trials: int = Field(default=5, ge=1, description="Trials that are never stopped")
    warm_up: int = Field(default=2, ge=0, description="Reports, of 10, before a trial may be stopped")


class Search(Options):
    """Trials: an estimator's affinity, a selector, a number of groups; scored against the ground truth."""

    trials: int = Field(default=40, ge=1)
    sampler: Annotated[Sampler, BeforeValidator(short)] = Sampler()
    objectives: tuple[Objective, ...] = Field(
        default=("delta_m",),
        min_length=1,
        description="On validation; two or three: the Pareto front. cost is in network-steps",
    )
    batch: int = Field(
        default=1, ge=1, description="Trials proposed together and told back together; the same spec, the same trials"
    )
    max_concurrent: PositiveInt | None = Field(
        default=None,
        description="Trials at a time at most; never more than the batch, or than there is room for",
    )
    pruner: Annotated[Pruner | None, BeforeValidator(short)] = None
    baselines: Literal["none", "equal_budget"] = Field(
        default="none",
        description="equal_budget: `trials` for every estimator, and as many for all-in-one and for single tasks",
    )
    space: Space

    @field_validator("objectives")
    @classmethod
    def _distinct(cls, objectives: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(objectives)) < len(objectives):
            raise ValueError("an objective occurs twice")
        return objectives
