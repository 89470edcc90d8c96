"""Groups of tasks and groupings: their canonical text, their enumeration.

A *group* is a non-empty set of tasks that share a network (or an update). A *grouping* is a set of groups that
together cover every task; it is a *partition* if they are disjoint, a *cover* if they may overlap.

Inside the numerical code a group of a fixed tuple of tasks is a bitmask: bit ``i`` stands for ``tasks[i]``.

>>> str(Grouping.of([["c"], ["b", "a"]]))
'a+b|c'
>>> Grouping.parse("b+a|c").is_partition
True
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from distgroup.errors import RequestError

Group = frozenset[str]

WITHIN, BETWEEN = "+", "|"


def check_task_name(name: str) -> None:
    """Raise RequestError if ``name`` could not stand in the canonical text of a group."""
    if not name or WITHIN in name or BETWEEN in name:
        raise RequestError(f"task name {name!r}: a name must not be empty nor hold '{WITHIN}' or '{BETWEEN}'")


def group_text(group: Iterable[str]) -> str:
    """Canonical text of a group: its task names sorted and joined by ``+``."""
    return WITHIN.join(sorted(group))


def parse_group(text: str) -> Group:
    """The group written as ``a+b``, in any order. Raises RequestError on an empty or repeated name."""
    names = text.split(WITHIN)
    if not all(names) or len(set(names)) < len(names):
        raise RequestError(f"group {text!r}: write each task once, joined by '{WITHIN}', e.g. a+b")
    return frozenset(names)


@dataclass(frozen=True)
class Grouping:
    """Groups in canonical order (by their text), without repetition. Build one with `of` or `parse`."""

    groups: tuple[Group, ...]

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> "Grouping":
        return cls(tuple(sorted({frozenset(group) for group in groups}, key=group_text)))

    @classmethod
    def parse(cls, text: str) -> "Grouping":
        """The grouping written as ``a+b|c``. Raises RequestError if a group is malformed."""
        return cls.of(parse_group(part) for part in text.split(BETWEEN))

    def __str__(self) -> str:
        return BETWEEN.join(group_text(group) for group in self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def tasks(self) -> frozenset[str]:
        return frozenset[str]().union(*self.groups)

    @property
    def is_partition(self) -> bool:
        return sum(len(group) for group in self.groups) == len(self.tasks)


def mask_of(group: Iterable[str], tasks: Sequence[str]) -> int:
    """The bitmask of ``group`` among ``tasks``."""
    return sum(1 << tasks.index(name) for name in group)


def members(mask: int) -> list[int]:
    """The positions of the tasks in a bitmask, ascending."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def group_of(mask: int, tasks: Sequence[str]) -> Group:
    """The group that a bitmask stands for."""
    return frozenset(tasks[i] for i in members(mask))


def partitions(n: int, max_groups: int | None = None) -> Iterator[tuple[int, ...]]:
    """Every partition of ``n`` tasks into at most ``max_groups`` groups, each as a tuple of bitmasks.

    Grown task by task: each joins one of the groups so far or opens a new one (restricted growth).
    """
    limit = n if max_groups is None else max_groups

    def grow(task: int, blocks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if task == n:
            yield blocks
            return
        for i, block in enumerate(blocks):
            yield from grow(task + 1, (*blocks[:i], block | 1 << task, *blocks[i + 1 :]))
        if len(blocks) < limit:
            yield from grow(task + 1, (*blocks, 1 << task))

    return grow(0, ())


def all_partitions(tasks: Sequence[str]) -> list[Grouping]:
    """Every partition of the tasks, fewer groups first, then by text."""
    every = (Grouping.of(group_of(mask, tasks) for mask in masks) for masks in partitions(len(tasks)))
    return sorted(every, key=lambda grouping: (len(grouping), str(grouping)))
