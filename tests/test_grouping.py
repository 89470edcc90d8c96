from collections import Counter

import pytest
from builders import all_partitions
from hypothesis import given
from hypothesis import strategies as st

from distgroup.errors import RequestError
from distgroup.grouping import (
    Grouping,
    check_task_name,
    group_of,
    group_text,
    mask_of,
    members,
    parse_group,
    partitions,
)

names = st.text(st.characters(blacklist_characters="+|", blacklist_categories=("Cs",)), min_size=1, max_size=5)
groups = st.frozensets(names, min_size=1, max_size=5)
groupings = st.lists(groups, min_size=1, max_size=5)

BELL = [1, 1, 2, 5, 15, 52, 203, 877]


def test_canonical_text_by_hand():
    assert group_text(["b", "a", "c"]) == "a+b+c"
    assert str(Grouping.of([["c"], ["b", "a"], ["a", "b"]])) == "a+b|c"


@given(groups)
def test_a_group_reads_back(group):
    assert parse_group(group_text(group)) == group


@given(groupings)
def test_a_grouping_reads_back_whatever_the_order(given):
    grouping = Grouping.of(given)
    assert Grouping.parse(str(grouping)) == grouping
    assert Grouping.of(reversed(given)) == grouping
    assert len(grouping) == len(set(given))
    assert grouping.tasks == frozenset().union(*given)


@given(groupings)
def test_a_partition_is_a_grouping_in_which_each_task_has_one_group(given):
    count = Counter(task for group in set(given) for task in group)
    assert Grouping.of(given).is_partition == (max(count.values()) == 1)


@pytest.mark.parametrize("text", ["", "a+", "+a", "a++b", "a+a"])
def test_a_malformed_group_is_refused(text):
    with pytest.raises(RequestError, match="write each task once"):
        parse_group(text)
    with pytest.raises(RequestError):
        Grouping.parse(f"b|{text}")


@pytest.mark.parametrize("name", ["", "a+b", "a|b"])
def test_a_task_name_that_texts_cannot_hold_is_refused(name):
    with pytest.raises(RequestError, match="must not be empty nor hold"):
        check_task_name(name)


@given(st.sets(st.integers(0, 9)))
def test_masks_and_members_are_inverse(positions):
    tasks = tuple("abcdefghij")
    mask = mask_of([tasks[i] for i in positions], tasks)
    assert members(mask) == sorted(positions)
    assert group_of(mask, tasks) == {tasks[i] for i in positions}
    assert mask == sum(2**i for i in positions)


@pytest.mark.parametrize("n", range(1, 8))
def test_every_partition_once(n):
    found = list(partitions(n))
    assert len(found) == BELL[n]
    assert len({frozenset(blocks) for blocks in found}) == BELL[n]
    for blocks in found:
        assert all(blocks)
        assert sum(blocks) == (1 << n) - 1 == sum(1 << i for mask in blocks for i in members(mask))


@pytest.mark.parametrize("n", range(1, 6))
def test_partitions_by_a_limited_number_of_groups(n):
    every = all_partitions(n)
    for limit in range(1, n + 2):
        assert {frozenset(blocks) for blocks in partitions(n, limit)} == {p for p in every if len(p) <= limit}
