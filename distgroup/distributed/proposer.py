"""Hands proposals to Ray Tune: as many as may run, and no two that would make the same estimate at the same time."""

from collections import deque
from typing import Any

from ray.tune.search import Searcher

from distgroup.distributed.recorder import Recorder
from distgroup.proposals import Proposal, Proposals


class Proposer(Searcher):
    """Estimates are shared between trials: while one makes an estimate, others that need it wait."""

    def __init__(self, proposals: Proposals, recorder: Recorder, at_a_time: int) -> None:
        super().__init__()
        self.proposals, self.recorder, self.at_a_time = proposals, recorder, at_a_time
        self.waiting: deque[Proposal] = deque()
        self.making: dict[str, str] = {}
        """Estimates that running trials make, by Tune's name of the trial."""
        self.made: set[str] = set()

    def suggest(self, trial_id: str) -> Any:
        """A configuration; None while none can start; FINISHED when all have."""
        while self.recorder.again:
            self.waiting.append(self.recorder.again.popleft())
        if len(self.making) >= self.at_a_time:
            return None
        proposal = self._free()
        if proposal is None:
            finished = not self.making and not self.waiting
            return Searcher.FINISHED if finished else None
        self.making[trial_id] = proposal.estimate
        self.recorder.running[proposal.number] = proposal
        return {"number": proposal.number, "arm": proposal.arm, "point": dict(proposal.point)}

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:  # noqa: ARG002
        estimate = self.making.pop(trial_id)
        if not error:
            self.made.add(estimate)

    def _free(self) -> Proposal | None:
        """The first proposal that need not wait for an estimate."""
        ready = next((proposal for proposal in self.waiting if self._may_start(proposal)), None)
        if ready is not None:
            self.waiting.remove(ready)
            return ready
        while (proposal := self.proposals.ask()) is not None:
            if self.recorder.recall(proposal):
                continue
            if self._may_start(proposal):
                return proposal
            self.waiting.append(proposal)
        return None

    def _may_start(self, proposal: Proposal) -> bool:
        return proposal.estimate in self.made or proposal.estimate not in self.making.values()

    def save(self, checkpoint_path: str) -> None:
        """The tables are the state."""

    def restore(self, checkpoint_path: str) -> None:
        """See `save`."""
