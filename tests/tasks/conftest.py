"""A small table with inputs of every type, and what writes it."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def houses():
    """60 rows: 36 train, 12 val, 8 test, 4 unused."""
    rng = np.random.default_rng(0)
    rows = np.arange(60)
    return pd.DataFrame(
        {
            "x_area": rng.normal(80, 20, 60),
            "x_rooms": rng.integers(1, 6, 60),
            "x_garden": rows % 3 == 0,
            "split": np.repeat(["train", "val", "test", "unused"], [36, 12, 8, 4]),
            "y_price": rng.normal(300, 90, 60),
            "y_sold": rows % 2 == 0,
            "y_colour": np.array(["red", "blue", "green"])[rows % 3],
            "note": "none",
        }
    )


@pytest.fixture
def write(tmp_path):
    """Writes a frame as ``name`` into the test's folder, which it returns."""

    def write(frame, name="houses.parquet"):
        if name.endswith(".csv"):
            frame.to_csv(tmp_path / name, index=False)
        else:
            frame.to_parquet(tmp_path / name)
        return tmp_path

    return write
