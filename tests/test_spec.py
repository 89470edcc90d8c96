"""A spec is read, or refused in one message that names file, field, what was found and what is allowed."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from builders import SPEC, spec_content

from distgroup.errors import RequestError
from distgroup.estimators import LabelSimilarity, Lookahead, Random
from distgroup.selectors.exact import Exact
from distgroup.spec import Spec, load_spec
from distgroup.training.settings import Adam, Training

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def refused(tmp_path):
    """The message for a spec with this text."""

    def message(text):
        path = tmp_path / "spec.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(RequestError) as caught:
            load_spec(path)
        said = str(caught.value)
        assert said.startswith(f"{path}: ")
        return said.removeprefix(f"{path}: ")

    return message


def changed(**changes):
    return yaml.safe_dump(spec_content(changes))


def test_defaults_and_short_forms(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(changed(**{"search.sampler": "grid", "search.space.selector": ["exact"]}))
    spec = load_spec(path)
    assert spec.seeds == (0, 1)
    assert spec.model.encoder.widths == (64, 64)
    assert spec.gain == "relative"
    assert spec.search.sampler.kind == "grid"
    assert [one.estimator for one in spec.search.space.estimator] == [Random(), LabelSimilarity()]
    assert spec.search.space.selector == (Exact(),)
    assert spec.search.space.num_groups == ("auto",)


def test_options_may_be_written_out(tmp_path):
    path = tmp_path / "spec.yaml"
    space = {
        "estimator": ["lookahead", {"kind": "lookahead", "every": 5}],
        "num_groups": [1, 2, "auto"],
        "selector": ["exact", {"kind": "exact", "disjoint": True}],
    }
    path.write_text(changed(**{"search.space": space}))
    found = load_spec(path).search.space
    assert [one.estimator for one in found.estimator] == [Lookahead(), Lookahead(every=5)]
    assert found.num_groups == (1, 2, "auto")
    assert found.selector == (Exact(), Exact(disjoint=True))


def test_the_resolved_spec_reads_back_as_itself(tmp_path):
    spec = Spec.model_validate(spec_content({"search.space.estimator": [{"kind": "lookahead", "every": 5}, "random"]}))
    path = tmp_path / "resolved.yaml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    assert load_spec(path) == spec
    assert load_spec(path).to_yaml() == spec.to_yaml()


def test_numbers_as_people_write_them(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.replace("lr: 0.01", "lr: 1e-3"))
    assert load_spec(path).training == Training(steps=5, batch_size=8, optimizer=Adam(lr=0.001))


def test_anchors_and_merges_are_no_repeated_keys(tmp_path):
    """Also where a merged mapping overrides what it merges itself."""
    path = tmp_path / "spec.yaml"
    merged = """
x: {y: &adam {<<: &base {kind: adam, lr: 0.5}, lr: 0.25}}
training: {optimizer: {<<: *adam}}
"""
    text = SPEC.replace("training: {steps: 5, batch_size: 8, optimizer: {kind: adam, lr: 0.01}}", merged)
    path.write_text(text)
    with pytest.raises(RequestError, match=r"spec\.yaml: x: unknown key"):
        load_spec(path)
    path.write_text(text.replace("x: {y: ", "name: ").replace("0.25}}", "0.25}").replace("name: small", ""))
    with pytest.raises(RequestError, match=r"name: found {.*0\.25.*}; must be text"):
        load_spec(path)


@pytest.mark.parametrize(
    "spec", sorted((REPOSITORY / "experiments").glob("*/spec.yaml")), ids=lambda path: path.parent.name
)
def test_the_experiments_specs_are_valid(spec):
    assert load_spec(spec).name


TABLE = {
    "kind": "table",
    "path": "a.csv",
    "inputs": ["x"],
    "tasks": {"price": {"column": "y", "kind": "regression"}},
}


def table(**changes):
    return {"data": TABLE | changes}


WRONG = [
    # Unknown keys, with the nearest known one.
    (
        {"nmae": "x"},
        "nmae: unknown key; allowed: name, seeds, data, model, training, gain, ground_truth, search, sweep, train, "
        "resources, output "
        "(did you mean name?)",
    ),
    (
        {"training.step": 3},
        "training.step: unknown key; allowed: steps, batch_size, optimizer, budget, workers, parallel "
        "(did you mean steps?)",
    ),
    (
        {"training.optimizer": {"kind": "adam", "momentum": 0.9}},
        "training.optimizer.momentum: unknown key; allowed: kind, lr",
    ),
    ({"data.task": ["ink"]}, "data.task: unknown key; allowed: kind, tasks, seed (did you mean tasks?)"),
    (
        table(split={"trian": 0.5}),
        "data.split.trian: unknown key; allowed: train, val, test, seed (did you mean train?)",
    ),
    (
        table(tasks={"kind": {"column": "y", "kind": "binary", "knid": 1}}),
        "data.tasks.kind.knid: unknown key; allowed: column, kind (did you mean kind?)",
    ),
    (
        {"search.space.estimator": [{"kind": "lookahead", "evry": 5}]},
        "search.space.estimator[0].evry: unknown key; allowed: kind, every (did you mean every?)",
    ),
    # Something missing.
    ({"name": ...}, "name: missing"),
    ({"search.space": ...}, "search.space: missing"),
    ({"data": {}}, "data.kind: missing; allowed: "),
    ({"training.optimizer": {"lr": 0.1}}, "training.optimizer.kind: missing; allowed: adam, sgd"),
    ({"search.space.estimator": [{"every": 5}]}, "search.space.estimator[0].kind: missing; allowed: "),
    # A kind that does not exist.
    ({"data": {"kind": "digit_pair"}}, "data.kind: found 'digit_pair'; allowed: "),
    ({"data": {"kind": "digit_pair"}}, "(did you mean digits_pair?)"),
    ({"training.optimizer": {"kind": "adamw"}}, "training.optimizer.kind: found 'adamw'; allowed: adam, sgd"),
    ({"search.space.estimator": ["random", "lookahed"]}, "search.space.estimator[1].kind: found 'lookahed'; allowed: "),
    ({"search.space.estimator": ["random", "lookahed"]}, "(did you mean lookahead?)"),
    ({"model.encoder": {"widths": [8]}}, "model.encoder.kind: missing; allowed: mlp, cnn, python"),
    ({"model.encoder": {"kind": "rnn"}}, "model.encoder.kind: found 'rnn'; allowed: mlp, cnn, python"),
    ({"search.sampler": "nsga"}, "search.sampler: found 'nsga'; allowed: tpe, random, grid, nsga2"),
    # Not among the alternatives.
    ({"gain": "relativ"}, "gain: found 'relativ'; allowed: relative, log_ratio, metric (did you mean relative?)"),
    ({"ground_truth.update": ["joint"]}, "ground_truth.update[0]: found 'joint'; allowed: separate, selective"),
    ({"sweep": {"training.steps": []}}, "sweep.training.steps: found []; must be at least 1 long"),
    (
        {"search.space.estimator": [{"kind": "lookahead", "every": [5, 0]}]},
        "lookahead: every: Input should be greater than or equal to 1, found 0",
    ),
    ({"training.budget": "total"}, "training.budget: found 'total'; allowed: per_network"),
    (
        table(tasks={"a": {"column": "y", "kind": "regresion"}}),
        "data.tasks.a.kind: found 'regresion'; allowed: regression, binary, multiclass (did you mean regression?)",
    ),
    # Wrong types.
    ({"name": 3}, "name: found 3; must be text"),
    ({"name": None}, "name: found null; must be text"),
    ({"output": 3}, "output: found 3; must be text"),
    ({"seeds": 3}, "seeds: found 3; must be a list"),
    ({"seeds": ["a"]}, "seeds[0]: found 'a'; must be a whole number"),
    ({"seeds": [0, 1.5]}, "seeds[1]: found 1.5; must be a whole number"),
    ({"seeds": [True]}, "seeds: found [true]; must not be true or false"),
    ({"training.steps": True}, "training.steps: found true; must not be true or false"),
    ({"training.steps": "many"}, "training.steps: found 'many'; must be a whole number"),
    ({"training.optimizer": {"kind": "adam", "lr": "x"}}, "training.optimizer.lr: found 'x'; must be a number"),
    ({"model": None}, "model: found null; must be a mapping with the keys encoder"),
    (
        {"training.optimizer": "adam"},
        "training.optimizer: found 'adam'; must be a mapping of one of the kinds adam, sgd",
    ),
    ({"search.space.estimator": "random"}, "search.space.estimator: found 'random'; must be a list"),
    ({"search.space.estimator": [3]}, "search.space.estimator[0]: found 3; must be a mapping of one of the kinds "),
    ({"search.space.num_groups": ["all"]}, "search.space.num_groups[0]: found 'all'; must be a whole number or 'auto'"),
    ({"search.space.num_groups": [None]}, "search.space.num_groups[0]: found null; must be a whole number or 'auto'"),
    (
        {"search.space.selector": [{"kind": "exact", "disjoint": "maybe"}]},
        "search.space.selector[0].disjoint: found 'maybe'; must be true or false",
    ),
    (table(split=3), "data.split: found 3; must be text, or a mapping with the keys train, val, test, seed"),
    (table(tasks=["a"]), 'data.tasks: found ["a"]; must be a mapping'),
    (table(inputs="x"), "data.inputs: found 'x'; must be a list"),
    (table(inputs=["x", 3]), "data.inputs[1]: found 3; must be text"),
    # Out of range.
    ({"seeds": [0, -1]}, "seeds[1]: found -1; must be at least 0"),
    ({"seeds": [2**63]}, "seeds[0]: found 9223372036854775808; must be less than 9223372036854775808"),
    ({"training.steps": 0}, "training.steps: found 0; must be at least 1"),
    ({"training.batch_size": 0}, "training.batch_size: found 0; must be at least 1"),
    ({"model.encoder": {"kind": "mlp", "widths": [0]}}, "model.encoder.widths[0]: found 0; must be greater than 0"),
    ({"training.optimizer": {"kind": "adam", "lr": 0}}, "training.optimizer.lr: found 0; must be greater than 0"),
    (
        {"training.optimizer": {"kind": "sgd", "momentum": 1}},
        "training.optimizer.momentum: found 1; must be less than 1",
    ),
    ({"search.space.num_groups": [0]}, "search.space.num_groups[0]: found 0; must be greater than 0 or 'auto'"),
    ({"search.sampler": {"kind": "tpe", "seed": 2**32}}, "search.sampler.seed: found 4294967296; must be less than "),
    # Not finite.
    (
        {"training.optimizer": {"kind": "adam", "lr": float("nan")}},
        "training.optimizer.lr: found NaN; must be a finite number",
    ),
    (
        {"training.optimizer": {"kind": "adam", "lr": float("inf")}},
        "training.optimizer.lr: found Infinity; must be a finite number",
    ),
    (table(split={"train": float("nan")}), "data.split.train: found NaN; must be a finite number"),
    # Empty, or twice.
    ({"name": ""}, "name: found ''; must be some text, not empty"),
    ({"seeds": []}, "seeds: found []; must be at least 1 long"),
    ({"data.tasks": []}, "data.tasks: found []; must be at least 1 long"),
    ({"model.encoder": {"kind": "mlp", "widths": []}}, "model.encoder.widths: found []; must be at least 1 long"),
    ({"search.space.estimator": []}, "search.space.estimator: found []; must be at least 1 long"),
    ({"search.space.num_groups": []}, "search.space.num_groups: found []; must be at least 1 long"),
    ({"ground_truth.update": []}, "ground_truth.update: found []; must be at least 1 long"),
    (table(tasks={}), "data.tasks: found {}; must be at least 1 long"),
    ({"seeds": [1, 1]}, "seeds: found [1, 1]; seeds must be distinct"),
    ({"search.space.num_groups": [2, 2]}, "search.space.num_groups: found [2, 2]; an alternative occurs twice"),
    # What only the field itself knows.
    ({"data.tasks": ["inc"]}, "data.tasks: found [\"inc\"]; digits_pair has no task 'inc'; it has left_digit, "),
    (table(split={"train": 0.5}), 'data.split: found {"train": 0.5}; train + val + test is 0.8; it must be 1'),
    (
        table(tasks={"a+b": {"column": "y", "kind": "regression"}}),
        "data.tasks.a+b: found 'a+b'; task name 'a+b': a name must not be empty nor hold '+' or '|'",
    ),
]

JARGON = (
    "validation",
    "discriminator",
    "tag",
    "union",
    "constrained",
    "dict",
    "tuple",
    "Tuple",
    "instance",
    "parse",
    "input",
    "None",
    "[fractions]",
    "[key]",
)


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_one_thing_wrong_is_one_line(refused, changes, said):
    message = refused(changed(**changes))
    assert said in message
    assert "\n" not in message
    assert not [word for word in JARGON if word in message.replace("data.inputs", "").replace("path, inputs", "")]


def test_all_that_is_wrong_is_said_at_once(refused):
    message = refused(changed(name=..., **{"training.steps": 0, "training.lr": 1}))
    assert message.splitlines() == [
        "not a valid spec",
        "  name: missing",
        "  training.steps: found 0; must be at least 1",
        "  training.lr: unknown key; allowed: steps, batch_size, optimizer, budget, workers, parallel",
    ]


def test_a_long_value_is_cut(refused):
    message = refused(changed(seeds="x" * 500))
    assert message.endswith("...; must be a list")
    assert len(message) < 120


TEXTS = [
    ("a: [", "not valid YAML: line 1, column 5: expected the node content"),
    ("name: a\n\t- b", "not valid YAML: line 2, column 1: found character '\\t'"),
    ("name: !!python/object:os.system x", "not valid YAML: line 1, column 7: could not determine a constructor"),
    ("{[a]: b}", "not valid YAML: line 1, column 2: found unhashable key"),
    ("a\x00b", "not valid YAML: unacceptable character"),
    ("a: " + "[" * 3000, "not valid YAML: nested too deeply"),
    ("name: 2024-02-30", "not valid YAML: a date or number in it cannot be"),
    ("seeds: [" + "9" * 5000 + "]", "not valid YAML: a date or number in it cannot be"),
    ("", "a spec is a mapping with the keys name, seeds, "),
    ("- name: a", "a spec is a mapping with the keys name, seeds, "),
    ("quickstart", "a spec is a mapping with the keys name, seeds, "),
    (f"{SPEC}name: again\n", "not valid YAML: line 9, column 1: the key 'name' occurs twice"),
    (
        SPEC.replace("trials: 2", "trials: 2, trials: 3"),
        "not valid YAML: line 7, column 21: the key 'trials' occurs twice",
    ),
]


@pytest.mark.parametrize(("text", "said"), TEXTS, ids=[text[:20] for text, _ in TEXTS])
def test_a_text_that_is_no_spec(refused, text, said):
    message = refused(text)
    assert message.startswith(said)
    assert "\n" not in message


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(RequestError, match=r"nowhere\.yaml: there is no such file"):
        load_spec(tmp_path / "nowhere.yaml")
    with pytest.raises(RequestError, match=f"{tmp_path}: cannot be read: .*directory"):
        load_spec(tmp_path)
    (tmp_path / "image.yaml").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(RequestError, match=r"image\.yaml: cannot be read"):
        load_spec(tmp_path / "image.yaml")


def test_a_spec_is_frozen():
    spec = Spec.model_validate(spec_content())
    with pytest.raises(ValueError, match="frozen"):
        spec.name = "other"


def test_the_command_line_prints_the_message_alone_and_exits_with_2(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(changed(nmae="x"))
    done = subprocess.run(
        [sys.executable, "-c", "from distgroup.cli import main; main()", "validate", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "nmae: unknown key" in done.stderr
    assert "Traceback" not in done.stderr
