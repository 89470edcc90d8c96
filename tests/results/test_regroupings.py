import torch
from builders import make_problem

from distgroup.grouping import Grouping
from distgroup.results.regroupings import regrouping_rows, tracked_rows
from distgroup.results.store import Store
from distgroup.training.course import courses
from distgroup.training.data import Data
from distgroup.training.regrouping import Adaptive
from distgroup.training.selective import Selective
from distgroup.training.tracking import Tracking


def test_groupings_and_affinity_by_step_read_back_from_the_tables(tmp_path):
    problem = make_problem()
    data = Data(problem.task_set, problem.task_set.names, torch.device("cpu"))
    candidate = Adaptive(num_groups=2, warm_up=2, regroup_every=3)
    networks = Selective(data, problem.encoder, problem.training, (4, 9), [candidate], Tracking())
    networks.train(7)
    store = Store(tmp_path)
    store.write("regroupings", "00007", regrouping_rows(problem, "00007", courses(networks)))
    store.write("tracked", "00007", list(tracked_rows(problem, "00007", courses(networks))))
    made, tracked = store.read("regroupings"), store.read("tracked")
    assert list(zip(made["seed"], made["step"], strict=True)) == [(s, step) for s in (4, 9) for step in (0, 2, 5)]
    assert [Grouping.parse(text) for text in made["grouping"][1:3]] == [
        one.grouping for one in networks.regroupings[0][1:]
    ]
    assert len(tracked) == 2 * 4 * 16
    assert courses(networks)[0].steps == 2 * 4 + sum(
        len(one.grouping) * batches for one, batches in zip(networks.regroupings[0][1:], (3, 2), strict=True)
    )
    last = tracked[(tracked["seed"] == 9) & (tracked["step"] == 7)]
    for row in last.itertuples():
        s, t = data.names.index(row.source), data.names.index(row.target)
        assert row.affinity == networks.affinity[1, s, t]
