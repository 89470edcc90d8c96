"""What every selector promises, whatever it does inside. A selector's test class inherits this and names itself."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from distgroup.errors import RequestError
from distgroup.scores import AffinityScores, DenseScores
from distgroup.selectors import AnySelector, Exact, Selector

NAMES = ("d", "b", "e", "a", "c", "g", "f")

# Inherited tests run for many classes by design; without a database nothing can be replayed for the wrong one.
few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors],
)


@st.composite
def affinities(draw):
    n = draw(st.integers(2, len(NAMES)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return AffinityScores(NAMES[:n], rng.normal(size=(n, n)), rng.normal(size=n))


@st.composite
def never_alone(draw):
    """What --singleton never, the default of the command line, makes of a matrix."""
    scores = draw(affinities())
    return AffinityScores(scores.tasks, scores.affinity, -np.inf)


@st.composite
def tables(draw):
    n = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return DenseScores(NAMES[:n], rng.normal(size=(1 << n, n)))


limits = st.one_of(st.none(), st.integers(1, 4))


class SelectorContract:
    selector: Selector
    table_selector: Selector
    """For tables over subsets, where that needs other options."""

    def select(self, scores, most):
        chooser = self.selector if isinstance(scores, AffinityScores) else self.table_selector
        return chooser.select(scores, most)

    @few
    @given(st.one_of(affinities(), tables()), limits)
    def test_covers_every_task_within_the_budget(self, scores, most):
        selection = self.select(scores, most)
        assert selection.grouping.tasks == set(scores.tasks)
        assert len(selection.grouping) <= (most or len(scores.tasks))

    @few
    @given(st.one_of(affinities(), tables()), limits)
    def test_serves_each_task_by_a_group_that_holds_it(self, scores, most):
        selection = self.select(scores, most)
        assert set(selection.serves.values()) == set(selection.grouping.groups)
        assert all(task in group for task, group in selection.serves.items())
        served = [scores.of(group)[scores.tasks.index(task)] for task, group in selection.serves.items()]
        assert selection.total == pytest.approx(sum(served))
        assert list(selection.serves) == list(scores.tasks)

    @few
    @given(st.one_of(affinities(), tables()), limits)
    def test_is_deterministic(self, scores, most):
        assert self.select(scores, most) == self.select(scores, most)

    @few
    @given(affinities(), limits, st.randoms(use_true_random=False))
    def test_order_of_tasks_does_not_matter(self, scores, most, random):
        order = list(range(len(scores.tasks)))
        random.shuffle(order)
        other = AffinityScores(
            [scores.tasks[i] for i in order], scores.affinity[np.ix_(order, order)], scores.singleton[order]
        )
        here, there = self.select(scores, most), self.select(other, most)
        assert here.grouping == there.grouping
        assert here.total == pytest.approx(there.total)

    @few
    @given(st.one_of(affinities(), tables()), limits)
    def test_never_beats_exact_nor_its_own_bound(self, scores, most):
        selection, best = self.select(scores, most), Exact().select(scores, most)
        assert selection.total <= best.total + 1e-9
        assert best.total <= selection.bound + 1e-9 or getattr(self.selector, "disjoint", False)
        assert not selection.optimal or selection.total <= selection.bound + 1e-9

    @few
    @given(never_alone(), limits)
    def test_leaves_no_task_alone_that_may_not_be_or_names_the_option(self, scores, most):
        try:
            selection = self.select(scores, most)
        except RequestError as error:
            assert "--singleton 0 or diagonal" in str(error)  # noqa: PT017
        else:
            assert min(map(len, selection.grouping.groups)) > 1
            assert np.isfinite(selection.total)

    def test_one_task_is_one_group(self):
        selection = self.selector.select(AffinityScores(["a"], np.zeros((1, 1)), 2.0), None)
        assert (str(selection.grouping), selection.total) == ("a", 2.0)

    def test_equal_pairs_are_no_obstacle(self):
        selection = self.selector.select(AffinityScores(NAMES, np.ones((7, 7)), 1.0), 3)
        assert selection.total == pytest.approx(7.0)

    def test_refuses_no_groups(self):
        with pytest.raises(RequestError, match="at least 1 group"):
            self.selector.select(AffinityScores("ab", np.zeros((2, 2)), 0.0), 0)

    def test_is_in_the_union_by_its_kind(self):
        assert TypeAdapter(AnySelector).validate_python(self.selector.model_dump()) == self.selector
