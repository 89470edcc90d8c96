"""A list of networks is group scores like any other."""

import numpy as np
import pytest

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores
from distgroup.scores import AffinityScores

VALUES = np.array([[np.nan, 1.0, 2.0], [3.0, np.nan, np.nan], [4.0, 5.0, np.nan]])


def test_agrees_with_its_table():
    scores = NetworkScores("abc", ["bc", "a", "ab"], VALUES)
    table = scores.dense()
    for mask in range(1, 8):
        np.testing.assert_array_equal(scores.of("abc"[i] for i in range(3) if mask >> i & 1), table[mask])
    assert table[0b110].tolist()[1:] == [1.0, 2.0]
    assert np.isneginf(table[0b111]).all()


def test_order_of_the_list_does_not_matter():
    one = NetworkScores("abc", ["bc", "a", "ab"], VALUES, [1.0, 2.0, 3.0])
    two = NetworkScores("abc", ["ab", "bc", "a"], VALUES[[2, 0, 1]], [3.0, 1.0, 2.0])
    assert (one.names, one.costs.tolist()) == (two.names, two.costs.tolist()) == (("a", "ab", "bc"), [2.0, 3.0, 1.0])


def test_a_table_becomes_a_list_of_what_it_allows():
    scores = AffinityScores("abc", np.ones((3, 3)), -np.inf)
    assert NetworkScores.of_table(scores).names == ("a+b", "a+b+c", "a+c", "b+c")


@pytest.mark.parametrize(
    ("values", "costs", "expected"),
    [
        ([[1.0, np.nan]], 1.0, "task 'b' is in no network"),
        ([[1.0, 1.0], [np.nan, np.nan]], 1.0, "network 'y' holds no task"),
        ([[1.0, 1.0]], 0.0, "network 'x': .* its cost .0.0. positive"),
        ([[1.0, np.inf]], 1.0, r"network 'x': scores must be below \+inf"),
    ],
)
def test_refuses(values, costs, expected):
    with pytest.raises(RequestError, match=expected):
        NetworkScores("ab", ["x", "y"][: len(values)], np.array(values), costs)


def test_a_table_of_too_many_tasks_is_refused():
    n = 17
    scores = NetworkScores([str(i) for i in range(n)], ["all"], np.ones((1, n)))
    with pytest.raises(RequestError, match="use milp or greedy"):
        scores.dense()
