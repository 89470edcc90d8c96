"""Simulate, draw and write the README's tables, from measured.json, checked.json and waiting.json. Seconds.

python experiments/scaling/run.py
"""

import json
from pathlib import Path

import pandas as pd
from check import CHECKED
from draw import draw
from measure import MEASURED
from model import enumerated, searched, trials
from readme import write
from waiting import WAITED

FOLDER = Path(__file__).parent


def main() -> None:
    measured, checked, waited = (json.loads(path.read_text(encoding="utf-8")) for path in (MEASURED, CHECKED, WAITED))
    enumerations = pd.DataFrame([row for name in measured["enumerations"] for row in enumerated(measured, name)])
    searches = pd.DataFrame([row for of in trials(measured) for row in searched(measured, of)])
    draw(enumerations, searches, FOLDER / "scaling.png")
    write(enumerations, searches, measured, checked, waited, FOLDER / "README.md")


if __name__ == "__main__":
    main()
