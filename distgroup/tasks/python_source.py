"""`python`: a task set that a user's own function makes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from distgroup.errors import RequestError
from distgroup.tasks.source import Source
from distgroup.tasks.taskset import TaskSet
from distgroup.tasks.user_code import failure, importable, resolve


class Python(Source):
    """A function of the user's that returns a `TaskSet`; the spec's folder is importable.

    ```yaml
    data:
      kind: python
      path: "houses:load"              # function load of houses.py beside the spec, or of an installed module
      options: {city: Delft, rooms: 3} # keyword arguments of the function
    ```

    ```python
    from distgroup.tasks.task import Task
    from distgroup.tasks.taskset import TaskSet

    def load(city, rooms):
        tasks = [Task("price", "regression"), Task("colour", "multiclass", outputs=3)]
        inputs = {"train": ..., "val": ..., "test": ...}  # arrays [rows, features]
        labels = {"train": ..., "val": ..., "test": ...}  # arrays [rows, tasks], a class as its index
        return TaskSet.from_raw(f"{city}-{rooms}", tasks, inputs, labels)
    ```

    NaN stands for missing inputs and labels. What the function raises is reported with its line.
    """

    kind: Literal["python"] = "python"
    path: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", description="module:function that returns a TaskSet")
    options: dict[str, Any] = Field(default={}, description="Keyword arguments of the function")

    def load(self, folder: Path = Path()) -> TaskSet:
        with importable(folder):
            found = self._call(resolve("data.path", self.path, folder), folder)
        if not isinstance(found, TaskSet):
            raise RequestError(f"data.path: {self.path} returned {type(found).__name__}; it must return a TaskSet")
        return found

    def _call(self, function: Callable[..., object], folder: Path) -> object:
        try:
            return function(**self.options)
        except RequestError as error:
            raise RequestError(f"data.path: {self.path}: {error}") from error
        except Exception as error:
            options = ", ".join(f"{key}={value!r}" for key, value in self.options.items())
            raise RequestError(f"data.path: {self.path}, called with ({options}), {failure(error, folder)}") from error
