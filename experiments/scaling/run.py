"""Simulate, draw and write the tables of the README, from measured.json, waited.json and both checked files. Seconds.

python experiments/scaling/run.py
"""

import json
from pathlib import Path

import pandas as pd
from check import BATCH, checked
from draw import draw
from measure import MEASURED
from model import enumerated, searched, trials
from readme import write
from waiting import WAITED

FOLDER = Path(__file__).parent


def main() -> None:
    measured, waited, *observed = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (MEASURED, WAITED, *(path for path in map(checked, BATCH) if path.exists()))
    )
    both = {
        "trials": observed[0]["trials"],
        **{name: [run for one in observed for run in one[name]] for name in ("enumerations", "searches")},
    }
    enumerations = pd.DataFrame([row for name in measured["enumerations"] for row in enumerated(measured, name)])
    searches = pd.DataFrame([row for of in trials(measured) for row in searched(measured, of)])
    draw(enumerations, searches, FOLDER / "scaling.png")
    write(enumerations, searches, measured, both, waited, FOLDER / "README.md")


if __name__ == "__main__":
    main()
