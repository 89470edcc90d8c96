"""Fixtures that several folders share."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import settings
from pyarrow import fs


@pytest.fixture(scope="session")
def shared_data():
    """The folder with real task sets that stand beside the project; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[1].parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real task sets at {folder}: set DISTGROUP_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory) -> SimpleNamespace:
    """The quickstart as a user runs it: its spec, its output and the seconds that it took."""
    spec = Path(__file__).parents[1] / "experiments" / "quickstart" / "spec.yaml"
    output, begin = tmp_path_factory.mktemp("quickstart") / "results", time.monotonic()
    command = [sys.executable, "-m", "distgroup", "run", str(spec), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return SimpleNamespace(spec=spec, output=output, seconds=time.monotonic() - begin)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Networks this small are slower on many threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def s3(tmp_path_factory) -> Iterator[fs.S3FileSystem]:
    """An S3 server of its own process on this machine, which the environment points to, for child processes too."""
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:
        try:
            while not (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())):
                assert server.poll() is None, log.read_text()
                time.sleep(0.05)
            os.environ |= {
                "AWS_ENDPOINT_URL": found[1],
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "XDG_CACHE_HOME": str(log.parent),
            }
            yield fs.S3FileSystem(endpoint_override=found[1], allow_bucket_creation=True)
        finally:
            server.terminate()


BUCKETS = count()


@pytest.fixture
def bucket(s3) -> str:
    """The URI of an empty bucket."""
    name = f"bucket{next(BUCKETS)}"
    s3.create_dir(name)
    return f"s3://{name}"


# The same examples every time, and no deadline: machines that run tests may be busy.
settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=40)
settings.load_profile("steady")
