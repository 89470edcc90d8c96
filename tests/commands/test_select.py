"""`distgroup select` from the outside: what it prints and writes, and its refusals."""

import json
import sys

import pandas as pd
import pytest
from pyarrow import parquet

from distgroup.cli import main

MATRIX = "source,a,b,c,d\na,0,5,-1,-1\nb,5,0,-1,-1\nc,-1,-1,0,4\nd,-1,-1,4,0\n"
VAL = "tasks,task,score,network,cost\na+b,a,1,ab,1\na+b,b,2,ab,1\na,a,0.5,half,0.5\nb,b,2.5,b,1\n"
TEST = "tasks,task,score,network\na+b,a,1.1,ab\na+b,b,2.1,ab\na,a,0.7,half\nb,b,1.4,b\n"


@pytest.fixture
def select(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, text in (("matrix.csv", MATRIX), ("val.csv", VAL), ("test.csv", TEST)):
        (tmp_path / name).write_text(text)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["distgroup", "select", *arguments])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


def answer(called):
    status, out, err = called
    assert status in (0, None), err
    return json.loads(out)


def test_json_holds_what_the_design_names(select):
    found = answer(select("matrix.csv", "--affinity", "--max-groups", "2", "--json"))
    assert found["groups"] == [["a", "b"], ["c", "d"]]
    assert found["networks"] == ["a+b", "c+d"]
    assert found["serves"] == {"a": 0, "b": 0, "c": 1, "d": 1}
    assert (found["total"], found["mean"], found["optimal"]) == (18.0, 4.5, True)


def test_a_range_gives_a_row_a_number(select):
    rows = answer(select("matrix.csv", "--affinity", "--max-groups", "1..6", "--json"))
    assert [row["max_groups"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [len(row["groups"]) for row in rows] == [1, 2, 2, 2, 2, 2]


def test_chooses_on_one_table_and_reports_another(select):
    found = answer(select("val.csv", "--lower-is-better", "--budget", "1.5", "--report", "test.csv", "--json"))
    assert found["networks"] == ["half", "ab"]
    assert found["serves"] == {"a": 0, "b": 1}
    assert found["total"] == 2.5
    assert found["report_total"] == pytest.approx(2.8)
    assert found["cost"] == 1.5


PRICED = (
    "network,tasks,task,score,cost\nbig,a+b,a,0.5,5\nbig,a+b,b,0.4,5\nsolo,c,c,0.3,7\nac,a+c,a,0.1,9\nac,a+c,c,0.9,9\n"
)


@pytest.mark.parametrize("selector", ["exact", "milp", "greedy"])
def test_a_list_keeps_its_names_and_costs(select, tmp_path, selector):
    (tmp_path / "priced.csv").write_text(PRICED)
    found = answer(select("priced.csv", "--max-groups", "2", "--selector", selector, "--json"))
    assert found["networks"] == ["big", "ac"]
    assert found["groups"] == [["a", "b"], ["a", "c"]]
    assert found["serves"] == {"a": 0, "b": 0, "c": 1}
    assert found["cost"] == 14.0


def test_two_networks_that_a_clustering_cannot_tell_apart(select, tmp_path):
    (tmp_path / "two.csv").write_text("network,tasks,task,score\nx,a+b,a,1\nx,a+b,b,1\ny,a+b,a,2\ny,a+b,b,0\n")
    status, _, err = select("two.csv", "--selector", "louvain", "--max-groups", "1")
    assert status == 2
    assert "two.csv: two networks hold the tasks 'a+b': only milp and greedy can choose" in err


@pytest.mark.parametrize("unnamed", ["val.csv", "test.csv"])
@pytest.mark.parametrize("selector", ["exact", "milp"])
def test_tables_that_do_not_both_name_their_networks_meet_by_tasks(select, tmp_path, unnamed, selector):
    pd.read_csv(unnamed).drop(columns="network").to_csv(tmp_path / unnamed, index=False)
    found = answer(select("val.csv", "--max-groups", "1", "--selector", selector, "--report", "test.csv", "--json"))
    assert found["report_total"] == pytest.approx(3.2)


@pytest.mark.parametrize(("text", "total"), [("never", 18.0), ("diagonal", 18.0), ("10", 40.0)])
def test_singleton(select, text, total):
    found = answer(select("matrix.csv", "--affinity", "--singleton", text, "--max-groups", "4", "--json"))
    assert found["total"] == total


def test_disjoint_and_a_named_selector(select):
    for selector in ("exact", "greedy", "milp", "{kind: greedy, rounds: 1}", "louvain", "agglomerative"):
        found = answer(
            select("matrix.csv", "--affinity", "--disjoint", "--selector", selector, "--max-groups", "2", "--json")
        )
        assert found["groups"] == [["a", "b"], ["c", "d"]]


def test_all_optima(select, tmp_path):
    (tmp_path / "tie.csv").write_text("source,a,b,c\na,0,1,1\nb,1,0,1\nc,1,1,0\n")
    arguments = ("tie.csv", "--affinity", "--singleton", "2", "--disjoint", "--max-groups", "2", "--all-optima")
    found = answer(select(*arguments, "--json"))
    assert found["optima"] == [[["a"], ["b", "c"]], [["a", "b"], ["c"]], [["a", "c"], ["b"]]]
    assert "optimum: a+b|c" in select(*arguments)[1]


def test_screen(select):
    status, out, _ = select("val.csv", "--lower-is-better", "--budget", "1.5", "--report", "test.csv")
    assert not status
    assert "report total" in out
    assert "half: a\n  ab: b (with a)\n" in out


def test_out_is_a_table(select, tmp_path):
    assert not select("matrix.csv", "--affinity", "--max-groups", "1..3", "--out", "rows.parquet")[0]
    rows = pd.read_parquet(tmp_path / "rows.parquet")
    assert rows["max_groups"].tolist() == [1, 2, 3]
    assert rows["total"].tolist()[1] == 18.0
    assert parquet.read_table(tmp_path / "rows.parquet")["groups"][1].as_py() == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("none.csv",), "none.csv: there is no such file"),
        (("matrix.txt",), "matrix.txt: the suffix is '.txt'; it must be one of .parquet, .csv"),
        (("matrix.csv",), "matrix.csv: column: no column 'tasks'"),
        (("matrix.csv", "--affinity", "--max-groups", "0"), "--max-groups: '0': at least 1 group"),
        (("matrix.csv", "--affinity", "--max-groups", "3..2"), "a range must rise"),
        (("matrix.csv", "--affinity", "--max-groups", "1..9999999999"), "at most 1,000 are given"),
        (("matrix.csv", "--affinity", "--max-groups", "two"), "'two' is neither a number, e.g. 3, nor a range"),
        (("matrix.csv", "--affinity", "--singleton", "often"), "'often' is neither diagonal, never, nor a number"),
        (("val.csv", "--singleton", "never"), "only a matrix (--affinity)"),
        (("val.csv", "--selector", "best"), "--selector: 'best'"),
        (("val.csv", "--selector", "{kind: exact, fast: 1}"), "Extra inputs are not permitted"),
        (
            ("val.csv", "--budget", "0.1"),
            "val.csv: no cover of the 2 tasks by at most 2 network(s) of cost 0.1 in all: the least that would",
        ),
        (("val.csv", "--budget", "-1"), "--budget: -1: a positive, finite number is needed"),
        (("val.csv", "--budget", "0"), "--budget: 0: a positive, finite number is needed"),
        (("val.csv", "--budget", "inf"), "--budget: inf: a positive, finite number is needed"),
        (("matrix.csv", "--affinity", "--budget", "nan"), "--budget: nan: a positive, finite number is needed"),
        (("matrix.csv", "--affinity", "--budget", "inf"), "--budget: inf: a positive, finite number is needed"),
        (("val.csv", "--budget", "2", "--selector", "exact"), "does not know costs; use milp or greedy"),
        (("matrix.csv", "--affinity", "--budget", "0.5"), "0.5 is less than 1, what a group costs"),
        (("val.csv", "--max-groups", "1", "--disjoint", "--selector", "greedy"), "use exact or milp"),
        (("val.csv", "--selector", "milp", "--all-optima"), "--all-optima: selector milp finds one"),
        (("val.csv", "--report", "matrix.csv"), "matrix.csv: column: no column 'tasks'"),
        (("matrix.csv", "--affinity", "--out", "rows.csv"), "--out rows.csv: a .parquet file"),
    ],
)
def test_refuses_in_one_message(select, arguments, expected):
    status, out, err = select(*arguments)
    assert (status, out) == (2, "")
    assert expected in err


def test_a_report_must_hold_what_was_chosen(select, tmp_path):
    (tmp_path / "test.csv").write_text("tasks,task,score,network\na,a,1,half\nb,b,1,b\n")
    status, _, err = select("val.csv", "--max-groups", "1", "--report", "test.csv")
    assert status == 2
    assert "test.csv: no score of task 'a' in 'a+b', which was chosen" in err


def test_too_many_tasks_for_a_table_names_what_would_do(select, tmp_path):
    names = [f"t{i:02}" for i in range(25)]
    rows = "".join(f"{name},{','.join('1' for _ in names)}\n" for name in names)
    (tmp_path / "large.csv").write_text(f"source,{','.join(names)}\n{rows}")
    status, _, err = select("large.csv", "--affinity", "--max-groups", "3", "--selector", "exact")
    assert status == 2
    assert "25 have 33,554,431 groups, which would need about" in err
    assert err.count("33,554,431") == 1
    assert "milp" in err
    assert "greedy" in err
    assert not select("large.csv", "--affinity", "--max-groups", "3")[0]


def test_says_how_much_there_is_to_do_where_it_is_done(select, tmp_path):
    names = [f"t{i:02}" for i in range(14)]
    rows = "".join(f"{name},{','.join('1' for _ in names)}\n" for name in names)
    (tmp_path / "some.csv").write_text(f"source,{','.join(names)}\n{rows}")
    status, _, err = select("some.csv", "--affinity", "--max-groups", "1")
    assert not status
    assert "exact: 14 tasks, 16,383 groups, about" in err
