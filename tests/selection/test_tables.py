"""What is read from a user's table, and what is said of one that cannot be used."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from distgroup.errors import RequestError
from distgroup.selection.listing import read_networks
from distgroup.selection.matrix import read_affinity

MATRIX = "source,a,b,c\nb,2,9,3\na,9,1,0\nc,-1,5,9\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return path


def test_rows_of_a_matrix_may_be_in_any_order(tmp_path):
    scores = read_affinity(written(tmp_path, MATRIX), "diagonal", lower_is_better=False)
    assert scores.tasks == ("a", "b", "c")
    assert scores.pairwise().tolist() == [[9, 1, 0], [2, 9, 3], [-1, 5, 9]]


def test_lower_is_better_turns_everything_round(tmp_path):
    scores = read_affinity(written(tmp_path, MATRIX), 7.0, lower_is_better=True)
    assert scores.pairwise().tolist() == [[-7, -1, 0], [-2, -7, -3], [1, -5, -7]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source,a,b\na,1,2\n", "not square: 1 sources .rows., 2 targets"),
        ("source,a,b\na,1,2\nc,3,4\n", "source 'c' is no target; the header has 'a', 'b'"),
        ("source,a,b\na,1,2\na,3,4\n", "more than one row has the source 'a'"),
        ("source,a,b\na,1,\nb,3,4\n", "source 'a' on target 'b' is nan"),
        ("source,a,b\na,1,x\nb,3,4\n", "column 'b' holds text"),
        ("source,a+b,b\na+b,1,2\nb,3,4\n", "task name 'a.b'"),
    ],
)
def test_says_what_is_wrong_with_a_matrix(tmp_path, text, expected):
    with pytest.raises(RequestError, match=rf"^({written(tmp_path, text)}|task name).*{expected}|{expected}"):
        read_affinity(tmp_path / "table.csv", "never", lower_is_better=False)


def test_a_missing_diagonal_matters_only_where_it_is_used(tmp_path):
    path = written(tmp_path, "source,a,b\na,,2\nb,3,\n")
    assert np.isneginf(np.diag(read_affinity(path, "never", False).pairwise())).all()
    with pytest.raises(RequestError, match="source 'a' on target 'a' is nan"):
        read_affinity(path, "diagonal", False)


LIST = pd.DataFrame(
    {
        "network": ["big", "big", "small", "small", "c"],
        "tasks": ["a+b", "b+a", "a+b", "a+b", "c"],
        "task": ["a", "b", "a", "b", "c"],
        "score": [1.0, 2.0, 0.5, 0.25, 3.0],
        "cost": [1.0, 1.0, 0.5, 0.5, 1.0],
    }
)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_reads_networks_with_their_costs(tmp_path, suffix):
    path = tmp_path / f"list.{suffix}"
    LIST.to_csv(path, index=False) if suffix == "csv" else LIST.to_parquet(path)
    scores = read_networks(path, False, "mean")
    assert scores.names == ("big", "small", "c")
    assert scores.costs.tolist() == [1.0, 0.5, 1.0]
    assert scores.of("ab")[:2].tolist() == [1.0, 2.0]


def test_names_and_costs_may_be_left_out(tmp_path):
    LIST[LIST["network"] != "small"].drop(columns=["network", "cost"]).to_csv(tmp_path / "list.csv", index=False)
    scores = read_networks(tmp_path / "list.csv", True, "mean")
    assert (scores.names, scores.costs.tolist()) == (("a+b", "c"), [1.0, 1.0])
    assert scores.of("c")[2] == -3.0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"score": [1.0, np.nan, 1, 1, 1]}, "row 2: score is nan"),
        ({"task": ["a", "c", "a", "b", "c"]}, r"row 2: task 'c' is not in the network's tasks, 'a\+b'"),
        ({"task": ["a", "a", "a", "b", "c"]}, "row 2: network 'big' has more than one score of task 'a'"),
        ({"tasks": ["a+b", "a+b", "a+b", "a+b+c", "c"]}, "row 4: network 'small' has the tasks"),
        ({"tasks": ["a+b", "b+", "a+b", "a+b", "c"]}, r"row 2: tasks: group 'b\+'"),
        ({"tasks": ["a+b", "a+b", "a+b", "a+b", "c+d"]}, "network 'c' holds task 'd' but has no score of it"),
        ({"cost": [1.0, 2.0, 1, 1, 1]}, "row 2: cost of network 'big' is 2.0"),
        ({"cost": [0.0, 0.0, 1, 1, 1]}, "row 1: cost of network 'big' is 0.0"),
        ({"tasks": ["a+b", None, "a+b", "a+b", "c"]}, "row 2: tasks is missing"),
        ({"network": ["big", "big", None, "small", "c"]}, "row 3: network is missing"),
        ({"score": list("vwxyz")}, "column 'score' holds text"),
        ({"seed": [0, 0, 0, 1, 0]}, "network 'small' holds task 'b' but has no score of it for seed 0"),
    ],
)
def test_says_what_is_wrong_with_a_list(tmp_path, change, expected):
    path = tmp_path / "list.csv"
    LIST.assign(**change).to_csv(path, index=False)
    with pytest.raises(RequestError, match=f"{path}: .*{expected}|{path}: {expected}"):
        read_networks(path, False, "mean")


def test_a_column_that_is_missing_is_named(tmp_path):
    with pytest.raises(RequestError, match="no column 'score'"):
        read_networks(written(tmp_path, "tasks,task,scores\na,a,1\n"), False, "mean")


def test_seeds_are_put_together(tmp_path):
    both = pd.concat([LIST.assign(seed=0), LIST.assign(seed=1, score=LIST["score"] + 2)])
    both.to_csv(tmp_path / "list.csv", index=False)
    assert read_networks(tmp_path / "list.csv", False, "mean").of("c")[2] == 4.0
    assert read_networks(tmp_path / "list.csv", False, "lower").of("c")[2] == pytest.approx(3.0)


def test_tasks_may_be_called_by_numbers(tmp_path):
    scores = read_networks(written(tmp_path, "tasks,task,score\n1,1,3\n2,2,4\n"), False, "mean")
    assert scores.tasks == ("1", "2")


def test_names_that_look_like_numbers_stay_as_they_are_written(tmp_path):
    text = "network,tasks,task,score\n1e3,01+02,01,1\n1e3,01+02,02,2\n007,01,01,3\n"
    scores = read_networks(written(tmp_path, text), False, "mean")
    assert scores.tasks == ("01", "02")
    assert scores.names == ("007", "1e3")
    alone = written(tmp_path, "network,tasks,task,score\n1e3,01,01,1\n007,02,02,2\n")
    assert read_networks(alone, False, "mean").tasks == ("01", "02")
    assert read_affinity(written(tmp_path, "source,01,2.0\n2.0,3,4\n01,5,6\n"), 0.0, False).tasks == ("01", "2.0")
