"""Fixtures that several folders share."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings


@pytest.fixture(scope="session")
def shared_data():
    """The folder with real task sets that stand beside the project; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[1].parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real task sets at {folder}: set DISTGROUP_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Networks this small are slower on many threads."""
    torch.set_num_threads(1)


# The same examples every time, and no deadline: machines that run tests may be busy.
settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=40)
settings.load_profile("steady")
