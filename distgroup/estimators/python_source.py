"""`python`: an estimator of the user's own."""

import sys
from collections.abc import Sequence
from inspect import getsource
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, PrivateAttr, ValidationError

from distgroup.errors import RequestError
from distgroup.estimators.base import Estimator
from distgroup.estimators.estimate import Estimate
from distgroup.tasks.user_code import importable, resolve
from distgroup.training.problem import Problem

FIELD = "search.space.estimator.path"


class Python(Estimator):
    """A class of the user's; the spec's folder is importable.

    ```yaml
    estimator:
      - lookahead
      - kind: python
        path: "mymodule:SameInputs"     # class SameInputs of mymodule.py beside the spec, or of an installed module
        options: {power: 2}             # its fields
    ```

    ```python
    import numpy as np

    from distgroup.estimators import AffinityEstimator, Measured


    class SameInputs(AffinityEstimator):
        \"\"\"Do two tasks depend on the same inputs? Cosine of their correlations with each input.\"\"\"

        kind: str = "same_inputs"
        power: float = 1.0

        def measure(self, problem, seeds, device):
            train = problem.task_set.splits["train"]
            labels = np.nan_to_num(train.labels - np.nanmean(train.labels, axis=0))  # a missing label never counts
            profile = np.abs(train.inputs.T @ labels) ** self.power  # [inputs, tasks]
            profile /= np.linalg.norm(profile, axis=0)
            affinity = profile.T @ profile  # [source, target]
            return Measured(np.stack([affinity] * len(seeds)), steps=0)

        def singleton(self, affinity):
            return np.full(len(affinity), 0.5)  # a task joins where the cosine is above one half
    ```
    """

    kind: Literal["python"] = "python"
    path: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", description="module:class, an Estimator")
    options: dict[str, Any] = Field(default={}, description="Fields of the class")
    _folder: Path = PrivateAttr(default=Path())

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def bind(self, folder: Path) -> None:
        """Look for the module in ``folder`` first. Raises RequestError if the class cannot be used."""
        self._folder = folder.absolute()
        self.resolved()

    def resolved(self) -> Estimator:
        with importable(self._folder):
            found = resolve(FIELD, self.path, self._folder)
        if not (isinstance(found, type) and issubclass(found, Estimator)):
            raise RequestError(f"{FIELD}: {self.path} is not a class derived from distgroup.estimators.Estimator")
        try:
            return found(**self.options)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise RequestError(f"{FIELD}: the options of {self.path}: {wrong}") from None
        except TypeError as error:
            raise RequestError(f"{FIELD}: {self.path}: {error}") from None

    def identity(self) -> str:
        """Its results also depend on what the user's file says."""
        worker = self.resolved()
        return f"{self.model_dump_json()}\n{getsource(sys.modules[type(worker).__module__])}"

    def estimate(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Estimate:
        return self.resolved().estimate(problem, seeds, device)
