"""Prints the tables of the README from what `run.py` wrote.

python experiments/resilience/summary.py [kills.csv]
"""

import sys
from pathlib import Path

import pandas as pd

WHO = {
    "driver": "the run itself; its Ray lived on for a while",
    "session": "the run and all of its Ray at once",
    "chunk": "a worker that trained a chunk",
    "trial": "a worker of trials",
}


def by_kind(kills: pd.DataFrame) -> str:
    """Kills that hit, by whom and when, and the lives with other tables than the undisturbed run's."""
    made = kills[kills["hit"]].assign(other=kills["differing_tables"].notna())
    rows = ["| killed | phase | kills | in lives with other tables |", "|---|---|---|---|"]
    for (victim, phase), part in made.groupby(["victim", "phase"]):
        rows.append(f"| {WHO[victim]} | {phase} | {len(part)} | {part['other'].sum()} |")
    return "\n".join([*rows, f"| all | | {len(made)} | {made['other'].sum()} |"])


def by_life(kills: pd.DataFrame) -> str:
    """One row a life; seconds lost against the undisturbed run, in the mean over its kills."""
    rows = [
        "| life | kills | rounds | trials | parts written twice | tables that differ | seconds | lost a kill |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for life, part in kills.groupby("life"):
        of, hits = part.iloc[0], int(part["hit"].sum())
        lost = f"{(of['seconds'] - of['undisturbed_seconds']) / hits:.0f}" if hits else "–"
        differ = "none" if part["differing_tables"].isna().all() else of["differing_tables"]
        cells = [life, hits, of["rounds"], of["trials"], of["done_again"], differ, f"{of['seconds']:.0f}", lost]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    found = pd.read_csv(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("kills.csv"))
    print(by_kind(found), by_life(found), sep="\n\n")
