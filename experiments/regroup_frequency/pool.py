"""Jobs, shared out over processes; a finished job is kept as a file and never run again."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from training import Job, train

from distgroup.errors import DivergedError

Share = Callable[[Callable[[Job], str], Iterable[Job]], Iterable[str]]
"""`map`, or that of a pool of processes."""


def run(jobs: Sequence[Job], folder: Path, share: Share) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Readings and changes of grouping of all jobs; a job that diverges has none."""
    folder.mkdir(parents=True, exist_ok=True)
    due = sorted((job for job in jobs if not paths(job, folder)[0].exists()), key=cost, reverse=True)
    for done, text in enumerate(share(partial(one, folder=folder), due), 1):
        print(f"{done}/{len(due)} {text}", flush=True)
    read = [
        [pd.read_parquet(path) for path in each] for each in zip(*(paths(job, folder) for job in jobs), strict=True)
    ]
    readings, changes = (pd.concat([part for part in parts if len(part)] or parts[:1]) for parts in read)
    return readings, changes


def one(job: Job, folder: Path) -> str:
    """Train, and write the readings last, by which the job is known to be done."""
    begin = time.process_time()
    failed = ""
    try:
        readings, changes = train(job, folder)
    except DivergedError as error:
        readings, changes, failed = pd.DataFrame(), pd.DataFrame(), f": {error}"
    seconds = time.process_time() - begin
    for frame, path in zip((readings.assign(seconds=seconds), changes), paths(job, folder), strict=True):
        write(frame, path)
    return f"{job.taskset} {job.methods[0].family}, {job.rate}: {seconds:.0f} s{failed}"


def write(frame: pd.DataFrame, path: Path) -> None:
    hidden = path.with_suffix(".tmp")
    frame.to_parquet(hidden, index=False)
    os.replace(hidden, path)


def paths(job: Job, folder: Path) -> tuple[Path, Path]:
    return folder / f"{job.key}.parquet", folder / f"{job.key}-changes.parquet"


def cost(job: Job) -> int:
    return len(job.methods) * len(job.seeds) * job.methods[0].batches
