"""What a trial tries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from distgroup.estimators import AnyEstimator
from distgroup.selectors import AnySelector
from distgroup.space import RegroupEvery
from distgroup.update import Update

Baseline = Literal["all_in_one", "single_task"]


@dataclass(frozen=True)
class Choice:
    """An update rule and how its grouping is made; with hyperparameters, where these are searched too."""

    update: Update
    estimator: AnyEstimator | None
    """None: none is needed, as the grouping is a baseline's or is made in training."""
    num_groups: int | None
    """At most so many groups; None: the selector decides."""
    selector: AnySelector | None
    regroup_every: RegroupEvery = "never"
    """Batches between regroupings by tracked affinity; never: the grouping is made before."""
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    """By dotted key of the spec's training and model."""
    baseline: Baseline | None = None
    """A grouping that nobody chose, given as many trials as the methods."""

    @property
    def adaptive(self) -> bool:
        return self.regroup_every != "never"

    def columns(self) -> dict[str, Any]:
        """The choice as columns of table `trials`."""
        return {
            "update": self.update,
            "estimator": "proximal" if self.adaptive else self.estimator and self.estimator.kind,
            "num_groups": "auto" if self.num_groups is None else str(self.num_groups),
            "regroup_every": str(self.regroup_every),
            "selector": self.selector and self.selector.kind,
            "baseline": self.baseline,
            "params": json.dumps(self._params()),
        }

    def _params(self) -> dict[str, Any]:
        return {
            "update": self.update,
            "estimator": self.estimator and self.estimator.model_dump(mode="json"),
            "num_groups": self.num_groups or "auto",
            "regroup_every": self.regroup_every,
            "selector": self.selector and self.selector.model_dump(mode="json"),
            "hyperparameters": dict(self.hyperparameters),
        }
