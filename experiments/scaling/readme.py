"""Writes the tables into the README, between its marks; the words around them are by hand."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from predicted import enumerations, searches, waits

BEGIN, END = "<!-- tables: written by run.py -->", "<!-- end of tables -->"

GAIN = 1.1
"""Twice the nodes are worth it if they make a run so many times as fast."""

BINDING = {"cores": "the cores", "path": "start, a seed's singletons, longest chunk", "driver": "the driver"}


def write(
    grown: pd.DataFrame,
    sought: pd.DataFrame,
    measured: Mapping[str, Any],
    checked: Mapping[str, Any],
    waited: Mapping[str, Any],
    readme: Path,
) -> None:
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    parts = [
        "![wall time against nodes](scaling.png)",
        "Wall seconds of an enumeration, simulated, by nodes of 16 cores:",
        enumerated(grown, measured),
        "Wall seconds of 1,000 trials, simulated; *one pending*: had Tune its own way (see the finding):",
        searched(sought),
        "Measured inputs:",
        inputs(measured),
        "Observed against predicted, medians of three runs:",
        against(checked, measured),
        "On 8 logical CPUs, with tasks and trials that only wait:",
        waiting(waited, measured),
    ]
    readme.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def stops_at(part: pd.DataFrame) -> int:
    """The most nodes that are worth it: with each doubling up to there the run becomes `GAIN` times as fast."""
    seconds, nodes = part["seconds"].to_list(), part["nodes"].to_list()
    return next((n for n, now, then in zip(nodes, seconds, seconds[1:], strict=False) if now < GAIN * then), nodes[-1])


def enumerated(found: pd.DataFrame, measured: Mapping[str, Any]) -> str:
    rows = []
    for run, part in found.groupby("run", sort=False):
        one = measured["enumerations"][run]
        last = part[part["nodes"] == stops_at(part)].iloc[0]
        chunks = one["seeds"] * (one["chunks"] + 1)
        fewest = [f"{chunks:,}", f"{part['busy'].iloc[0]:,.0f}"]
        rows.append([run, *fewest, *seconds(part), str(last["nodes"]), BINDING[last["binding"]]])
    return table(["", "chunks", "core-seconds", *nodes(found), "worth it up to", "then it is bound by"], rows)


def searched(found: pd.DataFrame) -> str:
    rows = [
        [run, f"{part['busy'].iloc[0]:,.0f}", *seconds(part), str(stops_at(part)), str(part["most"].max())]
        for run, part in found.groupby("run", sort=False)
    ]
    return table(["", "core-seconds", *nodes(found), "worth it up to", "most at a time"], rows)


def nodes(found: pd.DataFrame) -> list[str]:
    return [str(number) for number in found["nodes"].unique()]


def seconds(part: pd.DataFrame) -> list[str]:
    return [f"{value:,.0f}" for value in part["seconds"]]


def inputs(measured: Mapping[str, Any]) -> str:
    ray, tune = measured["ray"], measured["tune"]["by_batch"]
    rows = [
        [f"a chunk of {name}, {one['networks'][0]} networks or so", f"{median(one['seconds']):.2f} s", "processor"]
        for name, one in measured["enumerations"].items()
    ]
    rows += [
        [
            "the singletons of a seed, 6 to 12 networks",
            _range([one["alone"] for one in measured["enumerations"].values()]),
            "processor",
        ],
        ["an adaptive trial of 4 seeds, 1 to 6 groups", _range(measured["trained"]), "processor"],
        ["a trial that is looked up, by itself", _ms(measured["looked_up"]), "processor"],
        ["a worker's start, with all that a chunk imports", f"{ray['start']:.1f} s", "processor"],
        ["the start of a worker for Tune", f"{ray['actor']:.1f} s", "processor"],
        ["a warm task, there and back", _ms(ray["task"]), "wall"],
        ["the driver: submitting a chunk", _ms(ray["submit"]), "processor"],
        *[[f"the driver: collecting one of {pending:,}", _ms(took), "processor"] for pending, took in ray["collect"]],
        ["writing a part", _ms(median(one["write"] for one in measured["enumerations"].values())), "processor"],
        ["`store.keys`, a part", _ms(measured["store"]["keys"]), "wall"],
        ["`store.read`, a part", _ms(measured["store"]["read"]), "wall"],
        *[[f"`run_search`, a trial, batch {batch}: all", _ms(one["wall"]), "wall"] for batch, one in tune.items()],
        *[[f"… of which the driver, batch {batch}", _ms(one["processor"]), "processor"] for batch, one in tune.items()],
        *[
            [f"Optuna's part of that, batch {batch}: mean of 1,000", _ms(one["mean"]), "processor"]
            for batch, one in measured["proposing"].items()
        ],
    ]
    return table(["", "", "clock"], rows)


def _ms(value: float) -> str:
    return f"{1000 * value:.2g} ms"


def _range(values: list[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f} s"


def against(checked: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    frame = pd.concat(
        [
            pd.DataFrame(enumerations(checked, measured)).assign(what="enumeration, s"),
            pd.DataFrame(searches(checked, measured)).assign(what="search, s a trial"),
        ]
    )
    frame = frame.reindex(columns=["what", "cpus", "batch", "wall", "predicted", "load"])
    frame["ratio"] = frame["predicted"] / frame["wall"]
    rows = []
    for (what, cpus, batch), part in frame.groupby(["what", "cpus", "batch"], sort=False, dropna=False):
        middle = part[["wall", "predicted", "ratio", "load"]].median()
        of = "" if pd.isna(batch) else f", batch {batch:.0f}"
        spread = f"{part['ratio'].min():.2f} to {part['ratio'].max():.2f}"
        shown = [f"{middle['wall']:.3g}", f"{middle['predicted']:.3g}", f"{middle['ratio']:.2f}", spread]
        rows.append([f"{what}{of}", f"{cpus:.0f}", *shown, f"{middle['load']:.0f}"])
    return table(["", "CPUs", "observed", "predicted", "predicted / observed", "of the three", "load"], rows)


def waiting(waited: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    rows = [
        [
            one["name"],
            f"{one['wall']:.0f}",
            f"{one['predicted']:.0f}",
            str(one.get("most", "")),
            str(one.get("most_predicted", "")),
        ]
        for one in waits(waited, measured)
    ]
    return table(["", "wall, s", "predicted, s", "at a time", "predicted"], rows)
