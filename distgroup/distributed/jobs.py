"""Jobs on a Ray cluster: a spec sent to its job server, followed, and stopped. They need no connection to go on."""

import logging
import os
import shlex
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from ray.exceptions import AuthenticationError
from ray.job_submission import JobDetails, JobStatus, JobSubmissionClient
from requests import RequestException

import distgroup
from distgroup.distributed.bundle import SPEC, bundle
from distgroup.errors import ClusterError, RequestError
from distgroup.place import is_uri

REACH_S = 10
"""Seconds in which a job server has to answer at first."""

STARTING_S = 60
"""Seconds that a head which answers has until it takes jobs."""

LOST_S = 120
"""Seconds without an answer after which a job is no longer followed."""

POLL_S = 1.0

Say = Callable[[str], None]


class Jobs:
    """The job server of a cluster, at ``address``, http://HOST:8265 unless it was given another port.

    Every method raises RequestError where the server, or the job, is not there.
    """

    def __init__(self, address: str) -> None:
        self.address = (address if "://" in address else f"http://{address}").rstrip("/")

    @cached_property
    def client(self) -> JobSubmissionClient:
        """Connects when it is first needed: a wrong spec should not wait for that."""
        _reach(self.address)
        logging.disable(logging.INFO)  # of what is uploaded
        os.environ["RAY_API_SERVER_ADDRESS"] = self.address  # Ray lets its variables win over an address that is given
        try:
            return JobSubmissionClient(self.address)
        except (ConnectionError, RuntimeError, AuthenticationError) as error:
            raise RequestError(f"--address {self.address}: {error}") from None

    def submit(self, spec: Path, output: str | None, resume: bool) -> str:
        """Send a spec with what it needs from its folder, and this package; returns the job's id.

        The nodes need the package's dependencies, not the package. Raises RequestError for an ``output`` (without it,
        the spec's) that would lie on one node's own disk.
        """
        with tempfile.TemporaryDirectory(prefix="distgroup-") as folder:
            parsed = bundle(spec, Path(folder))
            place = output or str(parsed.output)
            _check_output(place, spec)
            command = ["python", "-m", "distgroup", "run", SPEC, "--output", place, *(["--resume"] if resume else [])]
            environment = {
                "working_dir": folder,
                "py_modules": [str(Path(distgroup.__file__).parent)],
                "excludes": ["__pycache__"],
            }
            return self._submit(shlex.join(command), environment, {"distgroup_output": place})

    def _submit(self, command: str, environment: dict[str, Any], metadata: dict[str, str]) -> str:
        end = time.monotonic() + STARTING_S
        while True:
            try:
                return str(self.client.submit_job(entrypoint=command, runtime_env=environment, metadata=metadata))
            except RuntimeError as error:
                if "No available agent" not in str(error) or time.monotonic() > end:
                    raise RequestError(f"{self.address} refuses the job: {_first_line(error)}") from None

    def state(self, job: str) -> str:
        """One line on how far a job is."""
        info = self._info(job)
        about = info.metadata or {}
        made = f", results in {about['distgroup_output']}" if "distgroup_output" in about else ""
        return f"{job}: {info.status.lower()}{made}. {_first_line(info.message or '')}".strip()

    def follow(self, job: str, say: Say) -> int:
        """Pass on what the job prints until it ends; returns its exit status. The job does not notice."""
        self._info(job)
        shown, heard = 0, time.monotonic()
        while True:
            try:
                ended = self._info(job).status.is_terminal()
                logs = self.client.get_job_logs(job)
            except (RequestException, ConnectionError, RuntimeError, RequestError) as error:
                if time.monotonic() - heard > LOST_S:
                    raise ClusterError(_lost(self.address, job, error)) from None
                time.sleep(POLL_S)
                continue
            heard = time.monotonic()
            say(logs[shown:])
            shown = len(logs)
            if ended:
                return self.status(job)
            time.sleep(POLL_S)

    def status(self, job: str) -> int:
        """The exit status of a job that has ended, as `run` gives it; 130 of one that was stopped, 0 until it ends."""
        info = self._info(job)
        if info.status == JobStatus.STOPPED:
            return 130
        if info.status == JobStatus.FAILED:
            return info.driver_exit_code if info.driver_exit_code in (2, 130) else 1
        return 0

    def stop(self, job: str) -> bool:
        """Ask a job to end; returns whether it was running. What it has written stays."""
        self._info(job)
        return bool(self.client.stop_job(job))

    def _info(self, job: str) -> JobDetails:
        try:
            return self.client.get_job_info(job)
        except RuntimeError as error:
            if "404" not in str(error):
                raise
            known = [each.submission_id for each in self.client.list_jobs() if each.submission_id]
            raise RequestError(
                f"{self.address}: there is no job {job!r}; there are: {', '.join(known) or 'none'}"
            ) from None


def _reach(address: str) -> None:
    """Wait for a job server that is just starting; Ray itself would try once, and wait without end for an answer."""
    end = time.monotonic() + REACH_S
    while True:
        try:
            urlopen(f"{address}/api/version", timeout=REACH_S).close()
        except HTTPError as error:
            if error.code in (401, 403):
                return  # it is there, and wants a token: Ray knows how to name that
            reason = str(error)
        except (OSError, ValueError) as error:
            reason = str(error)
        else:
            return
        if time.monotonic() > end:
            raise RequestError(
                f"--address {address}: no Ray job server answers there within {REACH_S} s ({reason}); it is part of "
                "the dashboard on the cluster's head, at port 8265 unless that was given another"
            )
        time.sleep(0.5)


def _lost(address: str, job: str, error: Exception) -> str:
    return (
        f"{address} has not answered for {LOST_S} s ({_first_line(error)}). If only the way there is lost, {job} goes "
        f"on: `distgroup status {job} --follow --address {address}` follows it. If the head is gone, so is the job: "
        "what it had done is in its output, and the same submit with --resume goes on with it"
    )


def _first_line(message: object) -> str:
    return str(message).strip().partition("\n")[0]


def _check_output(place: str, spec: Path) -> None:
    if not is_uri(place) and not Path(place).is_absolute():
        raise RequestError(
            f"{spec}: output: {place!r} is relative, and on the cluster it would be lost with the job's own folder; "
            "set it (or --output) to an object store, such as s3://bucket/folder, or to the absolute path of a folder "
            "that every node mounts"
        )
