import numpy as np
import pytest
from builders import inside
from hypothesis import given
from hypothesis import strategies as st

from distgroup.errors import RequestError
from distgroup.grouping import group_of, members
from distgroup.scores import AffinityScores, DenseScores, membership

NAMES = ("d", "b", "e", "a", "c")


@st.composite
def scores(draw):
    n = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    if draw(st.booleans()):
        return DenseScores(NAMES[:n], rng.normal(size=(1 << n, n)))
    return AffinityScores(NAMES[:n], rng.normal(size=(n, n)), rng.normal(size=n))


def test_membership_reads_bitmasks():
    for n in range(6):
        np.testing.assert_array_equal(membership(n), inside(n).reshape(1 << n, n))


@given(scores())
def test_of_agrees_with_dense_and_is_nan_outside(given):
    n = len(given.tasks)
    dense = given.dense()
    assert dense.shape == (1 << n, n)
    for mask in range(1, 1 << n):
        row = given.of(group_of(mask, given.tasks))
        np.testing.assert_allclose(row, dense[mask], rtol=1e-12)
        assert np.flatnonzero(~np.isnan(row)).tolist() == members(mask)


@given(st.integers(1, 5), st.integers(0, 10**6))
def test_relabelling_the_tasks_permutes_the_scores(n, seed):
    rng = np.random.default_rng(seed)
    affinity, singleton, order = rng.normal(size=(n, n)), rng.normal(size=n), rng.permutation(n)
    given = AffinityScores(NAMES[:n], affinity, singleton)
    other = AffinityScores([NAMES[i] for i in order], affinity[order][:, order], singleton[order])
    for mask in range(1, 1 << n):
        group = group_of(mask, given.tasks)
        np.testing.assert_allclose(other.of(group), given.of(group)[order], rtol=1e-12)


@given(scores())
def test_pairwise_is_source_by_target(given):
    for s, source in enumerate(given.tasks):
        for t, target in enumerate(given.tasks):
            assert given.pairwise()[s, t] == pytest.approx(given.of({source, target})[t], rel=1e-12)


def test_affinity_scores_by_hand():
    """affinity[source, target]: the score of t is the mean of its column over the others in the group."""
    affinity = np.array([[9.0, 2.0, 3.0], [4.0, 9.0, 6.0], [7.0, 8.0, 9.0]])
    given = AffinityScores("abc", affinity, [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(given.of("ab"), [4.0, 2.0, np.nan])
    np.testing.assert_array_equal(given.of("abc"), [5.5, 5.0, 4.5])
    np.testing.assert_array_equal(given.of("b"), [np.nan, 0.2, np.nan])
    assert AffinityScores("abc", affinity, -np.inf).of("c")[2] == -np.inf


def test_what_is_returned_is_a_copy():
    given = DenseScores("ab", np.zeros((4, 2)))
    given.of("a")[0] = given.dense()[3, 0] = 5.0
    assert given.of("ab")[0] == given.of("a")[0] == 0.0


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\), not \(4, 2\)"):
        DenseScores("ab", np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"\(2, 3\), not \(2, 2\)"):
        AffinityScores("ab", np.zeros((2, 3)), 0.0)


def test_no_table_beyond_sixteen_tasks():
    many = [f"t{i}" for i in range(17)]
    given = AffinityScores(many, np.ones((17, 17)), 0.0)
    with pytest.raises(RequestError, match="17 tasks"):
        given.dense()
    assert given.of(many[:3])[0] == 1.0
