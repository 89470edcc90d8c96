"""Rows of table `points`: what the hashes in the other tables stand for."""

import json
from typing import Any

from distgroup.grouping import group_text
from distgroup.results.trials import about
from distgroup.sweep import Point

SETTINGS = {"data", "model", "training", "gain"}


def point_row(point: Point) -> dict[str, Any]:
    """What is trained at a point, and what its search aims at."""
    return {
        **about(point.problem, point.spec.seeds),
        "tasks": group_text(point.problem.task_set.names),
        "objectives": " ".join(point.spec.search.objectives),
        "settings": json.dumps(point.spec.model_dump(mode="json", include=SETTINGS)),
    }
