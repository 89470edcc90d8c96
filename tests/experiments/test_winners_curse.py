"""The measurement of the winner's curse runs on tables as `distgroup run` leaves them."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "winners_curse"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import measure
    import synthetic

    yield measure, synthetic
    for name in ("measure", "synthetic"):
        del sys.modules[name]


def found(scripts, noise):
    measure, synthetic = scripts
    rng = np.random.default_rng(0)
    table = synthetic.subsets(synthetic.truth(rng, 1.0), 4, noise, rng)
    return measure, pd.DataFrame([row | {"truth": 0} for row in measure.rows(table, "drawn")])


def test_without_noise_nothing_is_promised_in_vain(scripts):
    measure, rows = found(scripts, 0.0)
    assert set(rows["rule"]) == set(measure.RULES)
    np.testing.assert_allclose(rows["promised"], rows["got"])


def test_with_noise_the_maximum_promises_too_much(scripts):
    measure, rows = found(scripts, 0.1)
    table = measure.summary(rows)
    assert (table["promised − got"] > 1).all()
    shrunken = rows[rows["rule"] == "shrunken"]
    assert shrunken["promised"].mean() < rows.loc[rows["rule"] == "mean", "promised"].mean()


def test_reads_the_tables_of_a_run(scripts, tmp_path):
    measure, synthetic = scripts
    rng = np.random.default_rng(1)
    table = synthetic.subsets(synthetic.truth(rng, 1.0), 2, 0.1, rng)
    folder = tmp_path / "tables" / "subsets"
    folder.mkdir(parents=True)
    for part, rows in table.groupby("seed"):
        rows.assign(taskset="drawn").to_parquet(folder / f"{part}.parquet")
    assert len(measure.read(tmp_path)) == len(table)
