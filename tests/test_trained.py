"""A saved model predicts what its networks did."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import distgroup
from distgroup.encoders import Cnn, Mlp, Python
from distgroup.errors import RequestError
from distgroup.grouping import Grouping
from distgroup.tasks.series import Series
from distgroup.tasks.table import Table
from distgroup.trained import save
from distgroup.training.data import Data
from distgroup.training.losses import blocks, row_losses
from distgroup.training.module import build
from distgroup.training.problem import Problem
from distgroup.training.settings import Training

CPU = torch.device("cpu")
TASKS = {
    "price": {"column": "y_price", "kind": "regression"},
    "sold": {"column": "y_sold", "kind": "binary"},
    "colour": {"column": "y_colour", "kind": "multiclass"},
    "rooms.all": {"column": "y_rooms", "kind": "multiclass"},
}
COVER = Grouping.parse("colour+price+rooms.all|colour+sold")
SERVES = dict.fromkeys(TASKS, COVER.groups[0]) | {"sold": COVER.groups[1], "colour": COVER.groups[1]}


def houses():
    """160 rows; labels of four types, that can be learned; some inputs and labels are missing."""
    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, (160, 4))
    frame = pd.DataFrame(x, columns=["x_area", "x_age", "x_sun", "x_road"])
    frame["x_new"] = x[:, 1] < 5
    frame["y_price"] = 300 + 40 * x[:, 0] + 5 * x[:, 2]
    frame["y_sold"] = x[:, 2] > 5
    frame["y_colour"] = np.array(["blue", "green", "red"])[np.digitize(x[:, 3], [4, 6])]
    frame["y_rooms"] = pd.array(2 + np.digitize(x[:, 0], [3, 6]), "Int64")
    frame["split"] = np.repeat(["train", "val", "test"], [80, 40, 40])
    return frame.mask(pd.DataFrame(rng.uniform(size=frame.shape) < 0.1, columns=frame.columns).assign(split=False))


def table(folder, frame):
    frame.to_parquet(folder / "houses.parquet")
    return Table(path="houses.parquet", inputs=["x_*"], split="split", tasks=TASKS).load(folder)


def trained(problem, grouping=COVER, steps=60):
    """A network a group, trained in plain steps on all of train."""
    found = []
    for group in grouping.groups:
        data = Data(problem.task_set, sorted(group), CPU)
        train = data.splits["train"]
        network = build(problem.encoder, problem.task_set.features, data.tasks, seed=0).float()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
        for _ in range(steps):
            optimizer.zero_grad()
            losses = row_losses(network(train.inputs).T[None], train.targets.T[None], blocks(data.tasks))
            (losses * train.valid.T).sum().backward()
            optimizer.step()
        found.append((group, network))
    return found


def saved(folder, problem, grouping=COVER, serves=SERVES, update="separate"):
    networks = trained(problem, grouping)
    save(folder, problem, update, grouping, serves, [(group, network.state_dict()) for group, network in networks])
    return dict(networks)


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    """Folder, problem, networks by group, and the table's test rows."""
    folder, frame = tmp_path_factory.mktemp("sold"), houses()
    problem = Problem(table(folder, frame), Mlp(widths=(16,)), Training())
    return folder / "model", problem, saved(folder / "model", problem), frame[frame["split"] == "test"]


def logits(problem, networks, task, split="test"):
    """The serving network's own, on the scaled split as training had it."""
    network = networks[SERVES[task]]
    inputs = torch.as_tensor(problem.task_set.splits[split].inputs, dtype=torch.float32)
    at = [one.name for one in network.tasks].index(task)
    starts = np.cumsum([0, *(one.outputs for one in network.tasks)])
    return network(inputs)[:, starts[at] : starts[at + 1]].detach().double().numpy()


def assert_predicts(found, problem, networks):
    scaler = problem.task_set.label_scaler
    price = logits(problem, networks, "price")[:, 0] * scaler.scale[0] + scaler.mean[0]
    np.testing.assert_allclose(found["price"], price, rtol=1e-6)
    assert found["sold"].tolist() == (logits(problem, networks, "sold")[:, 0] > 0).tolist()
    colours = np.array(["blue", "green", "red"])
    assert found["colour"].tolist() == colours[logits(problem, networks, "colour").argmax(1)].tolist()
    assert found["rooms.all"].tolist() == (2 + logits(problem, networks, "rooms.all").argmax(1)).tolist()


def test_a_fresh_process_predicts_what_the_networks_did(sold, tmp_path):
    folder, problem, networks, rows = sold
    assert rows.filter(like="x_").isna().any().any()
    rows.to_parquet(tmp_path / "rows.parquet")
    code = (
        "import sys, pandas, distgroup; model, rows, out = sys.argv[1:]; "
        "distgroup.load(model).predict(pandas.read_parquet(rows)).to_parquet(out)"
    )
    subprocess.run(
        [sys.executable, "-c", code, folder, tmp_path / "rows.parquet", tmp_path / "out.parquet"], check=True
    )
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert list(found.columns) == list(TASKS)
    pd.testing.assert_index_equal(found.index, rows.index)
    assert_predicts(found, problem, networks)


def test_it_has_learned(sold):
    folder, _, _, rows = sold
    found = distgroup.load(folder).predict(rows)
    for task, column in (("sold", "y_sold"), ("colour", "y_colour"), ("rooms.all", "y_rooms")):
        known = rows[column].notna()
        assert (found.loc[known, task] == rows.loc[known, column]).mean() > 0.6


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_files_are_read_as_frames_are(sold, tmp_path, name):
    folder, problem, networks, rows = sold
    shuffled = rows[sorted(rows.columns)].reset_index(drop=True)
    shuffled.to_parquet(tmp_path / name) if name.endswith("parquet") else shuffled.to_csv(tmp_path / name, index=False)
    found = distgroup.load(folder).predict(tmp_path / name)
    assert found.index.tolist() == list(range(40))
    assert_predicts(found, problem, networks)


def test_labels_keep_their_types(sold):
    found = distgroup.load(sold[0]).predict(sold[3])
    assert found["sold"].dtype == bool
    assert found["rooms.all"].dtype == np.int64
    assert isinstance(found["colour"].iloc[0], str)


def test_probabilities_are_of_each_class_and_choose_what_is_predicted(sold):
    model, rows = distgroup.load(sold[0]), sold[3]
    chosen, shares = model.predict(rows), model.predict(rows, probabilities=True)
    classes = {"sold": [False, True], "colour": ["blue", "green", "red"], "rooms.all": [2, 3, 4]}
    expected = ["price", *(f"{task}/{label}" for task in classes for label in classes[task])]
    assert list(shares.columns) == expected
    pd.testing.assert_series_equal(shares["price"], chosen["price"])
    for task, labels in classes.items():
        own = shares[[f"{task}/{label}" for label in labels]].to_numpy()
        np.testing.assert_allclose(own.sum(axis=1), 1)
        assert [labels[i] for i in own.argmax(axis=1)] == chosen[task].tolist()
    np.testing.assert_allclose(shares["sold/True"], 1 / (1 + np.exp(-logits(sold[1], sold[2], "sold")[:, 0])))


def test_the_description_says_what_was_trained(sold):
    folder, problem, _, _ = sold
    said = json.loads((folder / "model.json").read_text())
    assert said["grouping"] == str(COVER)
    assert said["networks"] == ["colour+price+rooms.all", "colour+sold"]
    assert said["serves"]["colour"] == "colour+sold"
    assert said["spec_hash"] == problem.digest
    assert [task["classes"] for task in said["tasks"]] == [None, [False, True], ["blue", "green", "red"], [2, 3, 4]]
    assert torch.load(folder / "model.pt", weights_only=True).keys() == {"colour+price+rooms.all", "colour+sold"}


def test_classes_are_nothing_that_training_sees(tmp_path):
    frame = houses()
    renamed = frame.assign(y_colour=frame["y_colour"].map({"blue": "a", "green": "b", "red": "c"}))
    first, second = (table(tmp_path, each) for each in (frame, renamed))
    assert first.tasks[2].classes != second.tasks[2].classes
    assert first.digest == second.digest


def test_one_selective_network_serves_all(tmp_path):
    problem = Problem(table(tmp_path, houses()), Mlp(widths=(8,)), Training())
    ((group, network),) = trained(problem, Grouping.of([TASKS]), steps=3)
    grouping = Grouping.parse("colour+price|rooms.all+sold")
    save(tmp_path / "m", problem, "selective", grouping, dict.fromkeys(TASKS, group), [(group, network.state_dict())])
    model = distgroup.load(tmp_path / "m")
    assert model.grouping == grouping
    assert list(model.networks) == ["colour+price+rooms.all+sold"]
    assert model.predict(houses()).notna().all().all()


def test_a_series_is_predicted_from_each_window_that_ends_with_a_row(tmp_path):
    steps = np.arange(120)
    frame = pd.DataFrame({"y_a": np.sin(steps / 5), "y_b": steps % 7.0}, index=pd.date_range("2020", periods=120))
    frame.loc[frame.index[90], "y_b"] = np.nan
    frame.to_parquet(tmp_path / "s.parquet")
    split = {"train": 0.5, "val": 0.25, "test": 0.25}
    task_set = Series(path="s.parquet", columns=["y_*"], window=4, horizon=2, split=split).load(tmp_path)
    problem = Problem(task_set, Cnn(shape=(4, 2, 1), channels=(3,), kernel=1, pool=1, widths=(4,)), Training())
    everything = frozenset(task_set.names)
    networks = saved(tmp_path / "m", problem, Grouping.of([everything]), dict.fromkeys(everything, everything))
    rows = frame.iloc[90:]
    found = distgroup.load(tmp_path / "m").predict(rows)
    pd.testing.assert_index_equal(found.index, rows.index[3:])
    inputs = torch.as_tensor(task_set.splits["test"].inputs, dtype=torch.float32)
    expected = networks[everything](inputs).detach().numpy() * task_set.label_scaler.scale + task_set.label_scaler.mean
    np.testing.assert_allclose(found.to_numpy()[: len(expected)], expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(RequestError, match="it has 3 rows; the model sees 4 at a time"):
        distgroup.load(tmp_path / "m").predict(rows[:3])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.rename(columns={"x_sun": "x_sum"}), r"no column 'x_sun'; did you mean 'x_sum'"),
        (lambda rows: rows.assign(x_sun="bright"), r"column 'x_sun' holds text, e\.g\. 'bright'; it must hold numbers"),
        (lambda rows: rows.assign(x_sun=[1.0, *["b"] * 39]), r"column 'x_sun' holds values of several types"),
        (lambda rows: rows.assign(x_sun=np.inf), r"column 'x_sun' is infinite"),
        (lambda rows: pd.concat([rows, rows[["x_sun"]]], axis=1), r"more than one column is called 'x_sun'"),
        (lambda rows: rows[:0], "it has 0 rows"),
    ],
)
def test_says_what_is_wrong_with_a_table(sold, change, message):
    with pytest.raises(RequestError, match=message):
        distgroup.load(sold[0]).predict(change(sold[3]))


def test_says_what_is_wrong_with_a_file(sold, tmp_path):
    model, rows = distgroup.load(sold[0]), sold[3]
    rows.drop(columns="x_sun").to_csv(tmp_path / "rows.csv")
    with pytest.raises(RequestError, match=r"rows\.csv: inputs: no column 'x_sun'"):
        model.predict(tmp_path / "rows.csv")
    with pytest.raises(RequestError, match=r"nowhere\.csv: there is no such file"):
        model.predict(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.json", None, r"no model there: it has no model\.json"),
        ("model.json", b"{", r"model\.json: not the description of a model"),
        ("model.json", lambda text: text.replace(b'"format": 1', b'"format": 2'), r"not the description.*format"),
        ("model.pt", None, r"model\.pt: cannot be read"),
        ("model.pt", lambda weights: weights[:-9], r"model\.pt: damaged, or of another model"),
    ],
)
def test_a_damaged_model_is_refused(sold, tmp_path, name, content, message):
    for file in ("model.json", "model.pt"):
        held = (sold[0] / file).read_bytes()
        held = held if file != name else content(held) if callable(content) else content
        if held is not None:
            (tmp_path / file).write_bytes(held)
    with pytest.raises(RequestError, match=message):
        distgroup.load(tmp_path)


OWN = """
from torch import nn

def encoder(features, width):
    return nn.Sequential(nn.Linear(features, width), nn.Tanh())
"""


def test_an_encoder_of_ones_own_is_found_beside_the_model_or_missed_by_name(tmp_path):
    (tmp_path / "ownnet.py").write_text(OWN)
    encoder = Python(path="ownnet:encoder", options={"width": 8})
    encoder.bind(tmp_path)
    problem = Problem(table(tmp_path, houses()), encoder, Training())
    networks = saved(tmp_path / "m", problem)
    sys.modules.pop("ownnet")
    with pytest.raises(RequestError, match=r"must lie beside it or be importable: .*importing 'ownnet'"):
        distgroup.load(tmp_path / "m")
    (tmp_path / "m" / "ownnet.py").write_text(OWN)
    assert_predicts(distgroup.load(tmp_path / "m").predict(houses()[-40:]), problem, networks)
    sys.modules.pop("ownnet")
    (tmp_path / "m" / "ownnet.py").write_text(OWN.replace("nn.Tanh()", "nn.Linear(width, 2)"))
    with pytest.raises(RequestError, match=r"does not fit the encoder; if that is of your own, has it changed\?"):
        distgroup.load(tmp_path / "m")
