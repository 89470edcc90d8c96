"""The truth against brute force over everything there is to choose from."""

from itertools import combinations

import numpy as np
import pytest
from builders import all_partitions, grouping_of, inside, random_gains, subsets_frame
from hypothesis import given, settings
from hypothesis import strategies as st

from distgroup.grouping import Grouping
from distgroup.scores import AffinityScores, DenseScores
from distgroup.truth import Truth, correlation

NAMES = ("d", "b", "g", "a", "e", "c", "f")


def make_truth(n=4, seeds=3, seed=0):
    rng = np.random.default_rng(seed)
    return Truth(NAMES[:n], range(seeds), random_gains(rng, n, seeds), random_gains(rng, n, seeds))


truths = st.builds(make_truth, st.integers(1, 4), st.integers(1, 3), st.integers(0, 10**6))


def covers(n, k):
    """Every cover by at most ``k`` groups, as rows of bitmasks (0 where there are fewer groups)."""
    rows = [
        family + (0,) * (k - len(family)) for most in range(1, k + 1) for family in combinations(range(1, 1 << n), most)
    ]
    families = np.array(rows)
    return families[np.bitwise_or.reduce(families, axis=1) == (1 << n) - 1]


def best_cover(gains, k):
    """The largest Δm of any cover by at most ``k`` groups; ``gains`` [2^n, n]."""
    open_gains = np.where(np.isnan(gains), -np.inf, gains)
    return open_gains[covers(gains.shape[1], k)].max(axis=1).mean(axis=1).max()


@pytest.mark.parametrize(("n", "most"), [(1, 1), (2, 3), (3, 7), (4, 5), (5, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_is_the_best_of_all_covers(n, most, seed):
    truth = make_truth(n, seed=seed)
    for k in range(1, most + 1):
        best = truth.optimum(k)
        assert len(best) <= k
        assert best.tasks == set(truth.tasks)
        expected = best_cover(truth.gains["val"].mean(axis=0), k)
        assert truth.delta_m(best, "val").mean() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("seed", range(2))
def test_the_optimal_partition_is_the_best_of_all_partitions(n, seed):
    truth = make_truth(n, seed=seed)
    worth = np.nansum(truth.gains["val"].mean(axis=0), axis=1) / n
    every = sorted(all_partitions(n) if n < 7 else partitions_of_seven(), key=len)
    for k in range(1, n + 1):
        best = truth.optimum(k, "partition")
        assert best.is_partition
        expected = max((p for p in every if len(p) <= k), key=lambda p: worth[list(p)].sum())
        assert best == grouping_of(expected, truth.tasks)


def partitions_of_seven():
    """Those of six, with the seventh task in each of the groups or alone."""
    for blocks in all_partitions(6):
        yield blocks | {64}
        for block in blocks:
            yield (blocks - {block}) | {block | 64}


def test_without_a_limit_the_optimum_is_that_of_as_many_groups_as_tasks():
    truth = make_truth(4)
    assert truth.optimum(None) == truth.optimum(4) == truth.optimum(9)


def by_hand():
    """Two tasks, two seeds. Together, a gains on val and loses on test; b loses on val and gains on test."""
    val, test = (np.where(inside(2), 0.0, np.nan)[None].repeat(2, axis=0) for _ in range(2))
    val[:, 3] = [[0.5, -0.2], [0.3, 0.0]]
    test[:, 3] = [[-0.1, 0.2], [-0.3, 0.4]]
    return Truth("ab", (0, 1), val, test)


def test_validation_chooses_the_serving_group_and_test_reports():
    truth = by_hand()
    cover = Grouping.parse("a|a+b|b")
    assert truth.serves(cover) == {"a": frozenset("ab"), "b": frozenset("b")}
    np.testing.assert_allclose(truth.delta_m(cover, "val"), [0.25, 0.15])
    np.testing.assert_allclose(truth.delta_m(cover, "test"), [-0.05, -0.15])
    assert str(truth.optimum(2)) == "a+b|b"
    assert str(truth.optimum(1)) == "a+b"
    assert truth.regret(Grouping.parse("a|b"), 2, "val") == pytest.approx(0.2)
    assert truth.regret(Grouping.parse("a|b"), 2, "test") == pytest.approx(-0.1)
    assert truth.regret(Grouping.parse("a+b"), 1, "test") == 0.0


@given(truths, st.data())
def test_regret_on_validation_is_never_negative(truth, data):
    groups = st.integers(1, (1 << len(truth.tasks)) - 1)
    masks = data.draw(st.sets(groups, min_size=1))
    uncovered = ((1 << len(truth.tasks)) - 1) & ~int(np.bitwise_or.reduce(list(masks)))
    chosen = grouping_of(masks | ({uncovered} if uncovered else set()), truth.tasks)
    assert truth.regret(chosen, len(chosen), "val") >= -1e-12
    assert truth.regret(chosen, None, "val") >= -1e-12
    for k in range(1, len(truth.tasks) + 1):
        assert truth.regret(truth.optimum(k), k, "val") == truth.regret(truth.optimum(k), k, "test") == 0.0


@given(truths)
def test_gap_closed_is_one_for_the_optimum_and_none_for_all_in_one(truth):
    for k in range(1, len(truth.tasks) + 1):
        way = truth.delta_m(truth.optimum(k), "test").mean() - truth.delta_m(truth.all_in_one, "test").mean()
        ends = truth.gap_closed(truth.optimum(k), k)[0], truth.gap_closed(truth.all_in_one, k)[0]
        if way > 0:
            assert ends == (pytest.approx(1.0), 0.0)
        else:
            assert np.isnan(ends).all()


def test_gap_closed_and_its_jackknife_error_by_hand():
    """Singletons Δm 0 on every seed; all-in-one −1, −2, −3; the optimum, a|b+c say, 1, 2, 0."""
    gains = np.where(inside(3), -9.0, np.nan)[None].repeat(3, axis=0)
    gains[:, [1, 2, 4], [0, 1, 2]] = 0.0
    gains[:, 7] = [[-1.0], [-2.0], [-3.0]]
    gains[:, 6, 1:] = 1.5 * np.array([[1.0], [2.0], [0.0]])
    truth = Truth("abc", range(3), gains, gains)
    assert str(truth.optimum(3)) == "a|b+c"
    closed, error = truth.gap_closed(truth.singletons, 3)
    gone, way = np.array([1.0, 2, 3]), np.array([2.0, 4, 3])
    assert closed == pytest.approx(6 / 9)
    left_out = np.array([5 / 7, 4 / 5, 3 / 6])
    assert error == pytest.approx(np.sqrt(2 / 3 * ((left_out - left_out.mean()) ** 2).sum()))
    one_seed = Truth("abc", range(1), gains[:1], gains[:1])
    assert one_seed.gap_closed(one_seed.singletons, 3)[0] == gone[0] / way[0]
    assert np.isnan(one_seed.gap_closed(one_seed.singletons, 3)[1])


@settings(max_examples=30)
@given(st.builds(make_truth, st.integers(1, 5), st.just(2), st.integers(0, 10**6)), st.data())
def test_rank_percentile_counts_the_partitions_that_are_no_better(truth, data):
    n = len(truth.tasks)
    worth = np.nansum(truth.gains["test"].mean(axis=0), axis=1) / n
    every = sorted(all_partitions(n), key=sorted)
    chosen = data.draw(st.sampled_from(every))
    for k in range(len(chosen), n + 1):
        rivals = [worth[list(p)].sum() for p in every if len(p) <= k]
        expected = 100 * np.mean([rival <= worth[list(chosen)].sum() + 1e-9 for rival in rivals])
        assert truth.rank_percentile(grouping_of(chosen, truth.tasks), k) == pytest.approx(expected)
        assert truth.mean_partition_delta_m(k) == pytest.approx(np.mean(rivals))
    assert truth.rank_percentile(grouping_of(chosen, truth.tasks), None) == pytest.approx(
        truth.rank_percentile(grouping_of(chosen, truth.tasks), n)
    )


def identical(seeds):
    rng = np.random.default_rng(0)
    gains = random_gains(rng, 3, 1).repeat(seeds, axis=0)
    return Truth("abc", range(seeds), gains, gains)


@pytest.mark.parametrize("seeds", [2, 3, 4, 5])
def test_seeds_that_agree_have_a_noise_ceiling_of_one(seeds):
    assert identical(seeds).noise_ceiling == pytest.approx(1.0)


def test_the_noise_ceiling_is_the_mean_over_all_halvings():
    truth = make_truth(3, seeds=4)
    shared = inside(3) & (inside(3).sum(axis=1, keepdims=True) > 1)
    gains = truth.gains["test"][:, shared]
    halvings = [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    expected = [ranks(gains[list(a)].mean(axis=0), gains[list(b)].mean(axis=0)) for a, b in halvings]
    assert truth.noise_ceiling == pytest.approx(np.mean(expected))


def test_the_noise_ceiling_of_an_odd_number_leaves_each_seed_out_in_turn():
    truth = make_truth(3, seeds=3)
    shared = inside(3) & (inside(3).sum(axis=1, keepdims=True) > 1)
    a, b, c = truth.gains["test"][:, shared]
    assert truth.noise_ceiling == pytest.approx(np.mean([ranks(a, b), ranks(a, c), ranks(b, c)]))


def test_opposite_seeds_have_a_noise_ceiling_of_minus_one_and_one_seed_has_none():
    gains = identical(1).gains["test"]
    assert Truth("abc", (0, 1), gains, np.concatenate([gains, -gains])).noise_ceiling == pytest.approx(-1.0)
    assert np.isnan(identical(1).noise_ceiling)


def ranks(a, b):
    """Spearman's ρ of values without ties, from the differences of ranks."""
    difference = a.argsort().argsort() - b.argsort().argsort()
    return 1 - 6 * (difference**2).sum() / (len(a) * (len(a) ** 2 - 1))


@given(st.integers(0, 10**6), st.integers(2, 40))
def test_correlation_is_spearmans(seed, count):
    a, b = np.random.default_rng(seed).normal(size=(2, count))
    assert correlation(a, b) == pytest.approx(ranks(a, b))


@pytest.mark.filterwarnings("error")
def test_correlation_with_nothing_to_rank_is_nan():
    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
    assert np.isnan(correlation(np.arange(5.0), np.zeros(5)))
    assert np.isnan(correlation(np.ones(1), np.ones(1)))


def test_spearman_compares_groups_of_two_and_more():
    truth = make_truth(4)
    mean = truth.gains["test"].mean(axis=0)
    assert truth.spearman(DenseScores(truth.tasks, mean)) == pytest.approx(1.0)
    assert truth.spearman(DenseScores(truth.tasks, -mean)) == pytest.approx(-1.0)
    singles = mean.copy()
    singles[[1, 2, 4, 8]] = 1e6
    assert truth.spearman(DenseScores(truth.tasks, singles)) == pytest.approx(1.0)
    affinity = AffinityScores(truth.tasks, np.random.default_rng(0).normal(size=(4, 4)), 0.0)
    assert -1 < truth.spearman(affinity) < 1


@given(st.integers(1, 4), st.integers(0, 10**6))
def test_reading_a_table_whatever_the_order_of_its_rows(n, seed):
    rng = np.random.default_rng(seed)
    val, test = random_gains(rng, n, 2), random_gains(rng, n, 2)
    frame = subsets_frame(NAMES[:n], (7, 3), val, test).sample(frac=1, random_state=seed % 2**32)
    truth = Truth.from_table(frame, NAMES[:n], (7, 3))
    np.testing.assert_array_equal(truth.gains["val"], val)
    np.testing.assert_array_equal(truth.gains["test"], test)
    assert Truth.from_table(frame.reset_index(drop=True), NAMES[:n], (3,)).gains["val"].shape[0] == 1


def test_a_table_that_is_not_complete_is_refused():
    rng = np.random.default_rng(0)
    frame = subsets_frame("abc", (0, 1), random_gains(rng, 3, 2), random_gains(rng, 3, 2))
    lacking = frame.drop(frame[(frame["split"] == "test") & (frame["seed"] == 1) & (frame["subset"] == "a+c")].index)
    with pytest.raises(ValueError, match="lacks 2 of the test gains"):
        Truth.from_table(lacking, "abc", (0, 1))
    with pytest.raises(ValueError, match="lacks"):
        Truth.from_table(frame, "abc", (0, 1, 2))


@given(st.integers(0, 10**6), st.permutations(range(4)))
def test_relabelling_the_tasks_changes_no_result(seed, order):
    rng = np.random.default_rng(seed)
    frame = subsets_frame(NAMES[:4], (0, 1), random_gains(rng, 4, 2), random_gains(rng, 4, 2))
    one = Truth.from_table(frame, NAMES[:4], (0, 1))
    other = Truth.from_table(frame, [NAMES[i] for i in order], (0, 1))
    for k in range(1, 5):
        assert one.optimum(k) == other.optimum(k)
        assert one.regret(one.singletons, k, "test") == pytest.approx(other.regret(one.singletons, k, "test"))
        assert one.rank_percentile(one.optimum(k), k) == other.rank_percentile(one.optimum(k), k)
    assert one.noise_ceiling == pytest.approx(other.noise_ceiling)
