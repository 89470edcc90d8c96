"""What `distgroup select` answers: a selection, looked at from outside."""

from dataclasses import dataclass
from math import inf
from typing import Any

import pyarrow as pa

from distgroup.grouping import Group, Grouping, group_text
from distgroup.selectors import NetworkSelection

SCHEMA = pa.schema(
    [
        pa.field("selector", pa.string()),
        pa.field("max_groups", pa.int64()),
        pa.field("budget", pa.float64()),
        pa.field("networks", pa.list_(pa.string())),
        pa.field("groups", pa.list_(pa.list_(pa.string()))),
        pa.field("serves", pa.map_(pa.string(), pa.int64())),
        pa.field("total", pa.float64()),
        pa.field("mean", pa.float64()),
        pa.field("bound", pa.float64()),
        pa.field("optimal", pa.bool_()),
        pa.field("cost", pa.float64()),
        pa.field("report_total", pa.float64()),
        pa.field("report_mean", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Answer:
    """One selection with its budget; numbers as the table has them, so a loss is a loss again."""

    selector: str
    max_groups: int | None
    budget: float | None
    selection: NetworkSelection
    lower_is_better: bool
    reported: float | None
    """Total of the same choice in the other table, oriented as the scores were for selection."""
    optima: tuple[Grouping, ...] | None
    """All that are as good, if asked for."""

    @property
    def networks(self) -> dict[str, Group]:
        """Those chosen: name to tasks, in the order of the tasks' text."""
        found = {self.selection.network_of[task]: group for task, group in self.selection.serves.items()}
        return dict(sorted(found.items(), key=lambda item: (group_text(item[1]), item[0])))

    def shown(self, total: float | None) -> float | None:
        """A total in the table's orientation; None for what is unknown."""
        if total is None or abs(total) == inf:
            return None
        return 0.0 - total if self.lower_is_better else total

    def row(self) -> dict[str, Any]:
        """The answer by the columns of `SCHEMA`; JSON can hold it."""
        networks = self.networks
        names = list(networks)
        n = len(self.selection.serves)
        total, reported = self.shown(self.selection.total), self.shown(self.reported)
        assert total is not None
        return {
            "selector": self.selector,
            "max_groups": self.max_groups,
            "budget": self.budget,
            "networks": names,
            "groups": [sorted(group) for group in networks.values()],
            "serves": {task: names.index(self.selection.network_of[task]) for task in self.selection.serves},
            "total": total,
            "mean": total / n,
            "bound": self.shown(self.selection.bound),
            "optimal": self.selection.optimal,
            "cost": self.selection.cost,
            "report_total": reported,
            "report_mean": None if reported is None else reported / n,
        }

    def json(self) -> dict[str, Any]:
        """As `row`, with all optima if asked for; what was not asked for is left out."""
        optional = {"report_total", "report_mean", "max_groups", "budget"}
        row = {name: value for name, value in self.row().items() if value is not None or name not in optional}
        if self.optima is not None:
            row["optima"] = [[sorted(group) for group in grouping.groups] for grouping in self.optima]
        return row


def as_table(answers: list[Answer]) -> pa.Table:
    """A row an answer."""
    rows = [answer.row() for answer in answers]
    return pa.Table.from_pylist([{**row, "serves": list(row["serves"].items())} for row in rows], schema=SCHEMA)
