"""The scripts of experiments/resilience, and an undisturbed run of its spec."""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "resilience"
NAMES = ("driver", "tables", "run")


@pytest.fixture(scope="module")
def scripts():
    sys.path.insert(0, str(FOLDER))
    yield SimpleNamespace(**{name: import_module(name) for name in NAMES})
    sys.path.remove(str(FOLDER))
    for name in NAMES:
        del sys.modules[name]


@pytest.fixture(scope="module")
def calm(scripts, tmp_path_factory):
    """Of an undisturbed run: its output, and the seconds of each phase."""
    output = tmp_path_factory.mktemp("calm") / "calm"
    return SimpleNamespace(output=output, spans=scripts.run.undisturbed(output)[1])
