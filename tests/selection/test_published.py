"""Answers that others published, reproduced exactly: Standley et al. 2020 (Taskonomy), Fifty et al. 2021 (CelebA).

The files stand beside the project, in the folder DISTGROUP_SHARED or ../shared, and are not part of it.
"""

import json
import os
from pathlib import Path

import pytest

from distgroup.grouping import Grouping
from distgroup.selection.listing import read_networks
from distgroup.selection.matrix import read_affinity
from distgroup.selection.reported import report_total
from distgroup.selectors import Exact, Milp

PUBLISHED = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[2].parent / "shared")) / "published"
pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published results are not at {PUBLISHED}")

BUDGETS = [1 + half / 2 for half in range(9)]
MISPRINTED = {("standley2020_setting1", 1.0): (0.50273, 0.50278)}
"""The published test total, and what the row itself gives."""


def expected(name, **keys):
    rows = json.loads((PUBLISHED / "expected.json").read_text())[name]
    return next(row for row in rows if all(row[key] == value for key, value in keys.items()))


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("setting", [1, 3])
def test_taskonomy_at_every_budget(setting, budget):
    name = f"standley2020_setting{setting}"
    row = expected(name, budget=budget)
    val, test = (read_networks(PUBLISHED / f"{name}_{split}.csv", True, "mean") for split in ("val", "test"))
    selection = Milp().select(val, None, budget)
    assert selection.optimal
    assert round(-selection.total, 5) == row["val_total"]
    published, actual = MISPRINTED.get((name, budget), (row["published_test_total"],) * 2)
    assert row["published_test_total"] == published
    assert round(-report_total(PUBLISHED, test, selection), 5) == actual
    assert set(selection.network_of.values()) == set(row["networks"])


def test_celeba_two_groups():
    row = expected("tag2021_celeba9", max_groups=2)
    scores = read_affinity(PUBLISHED / "tag2021_celeba9_affinity.csv", -1e6, False)
    selection = Exact().select(scores, 2)
    assert round(selection.total / 9, 5) == row["mean"]
    assert selection.grouping == Grouping.of(row["groups"])
