"""Where a task set comes from: options of a spec that can be loaded."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from distgroup.errors import RequestError
from distgroup.grouping import check_task_name
from distgroup.options import Options
from distgroup.tasks.taskset import TaskSet


class Source(Options, ABC):
    """Options under ``data`` in a spec; `load` makes the task set that they describe."""

    @abstractmethod
    def load(self, folder: Path = Path()) -> TaskSet:
        """The task set; relative paths are relative to ``folder``, that of the spec.

        Raises RequestError, naming the file and the field, where the data cannot be used as the options say.
        """

    def __hash__(self) -> int:
        return hash(self.model_dump_json())


def _task_name(name: str) -> str:
    try:
        check_task_name(name)
    except RequestError as error:
        raise ValueError(str(error)) from error
    return name


TaskName = Annotated[str, AfterValidator(_task_name)]
"""A task's name as a key of a spec."""
