"""Fractions: each row in one split, as many as asked for, in order or by seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distgroup.tasks.split import Fractions, RandomFractions

shares = st.tuples(st.floats(0.1, 0.8), st.floats(0.1, 0.9)).map(
    lambda cut: {"train": cut[0], "val": (1 - cut[0]) * cut[1], "test": (1 - cut[0]) * (1 - cut[1])}
)


@given(shares, st.integers(0, 500), st.integers(0, 2**40))
def test_each_row_is_in_one_split_of_the_size_asked_for(shares, count, seed):
    for fractions in (Fractions(**shares), RandomFractions(**shares, seed=seed)):
        rows = fractions.rows(count)
        assert sorted(np.concatenate(list(rows.values()))) == list(range(count))
        for split, share in shares.items():
            assert len(rows[split]) == pytest.approx(share * count, abs=1)


def test_fractions_keep_the_order_of_the_rows():
    rows = Fractions(train=0.5, val=0.3, test=0.2).rows(10)
    assert [rows[split].tolist() for split in ("train", "val", "test")] == [[0, 1, 2, 3, 4], [5, 6, 7], [8, 9]]


def test_random_fractions_follow_their_seed():
    first, again, other = (RandomFractions(seed=seed).rows(100)["train"].tolist() for seed in (0, 0, 1))
    assert first == again != other
    assert first != Fractions().rows(100)["train"].tolist()
