"""Kills a run and its workers at random moments until it is through, and compares its tables with an undisturbed run's.

    python experiments/resilience/run.py [--kills 30] [--seed 0] [--folder FOLDER] [--to kills.csv]

One life after another: a fresh output, a few kills, after each kill of the driver a round that resumes, to the end.
Linux only: processes are found in /proc.
"""

import argparse
import csv
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

from driver import PHASES, Driver, kill
from tables import REWRITTEN, rows, unfinished, written

SPEC = Path(__file__).with_name("spec.yaml")

VICTIMS = {
    "start": ("driver", "session"),
    "subsets": ("chunk", "chunk", "driver", "session"),
    "partitions": ("chunk", "chunk", "driver", "session"),
    "search": ("trial", "trial", "driver", "session"),
}
"""The driver alone, while its Ray lives on for a while; all of its processes, as when the machine goes; one worker."""

WHOLE = ("driver", "session")

SHORT = (("subsets", "chunk"), ("partitions", "driver"), ("search", "trial"), ("search", "session"))
"""One of each."""

PHASES_OF_A_LIFE = ("subsets", "subsets", "partitions", "search", "search")

GHOST_S = 3
"""Seconds of the next round after which what is left of a killed driver's Ray is ended."""

LONGEST_WORKER_DELAY_S = 2

MOST_ROUNDS = 20


@dataclass(frozen=True)
class Kill:
    """One to come: of whom, and how many seconds into a phase, or after a worker of that kind is first seen in it."""

    phase: str
    victim: str
    delay: float


@dataclass(frozen=True)
class Outcome:
    """A row of kills.csv: a kill, and what became of the life that it belongs to."""

    life: int
    phase: str
    victim: str
    delay: float
    hit: bool
    """False if nobody was there to be killed: the phase was over."""
    rounds: int
    failed_starts: int
    """Rounds that ended by themselves, and not well."""
    seconds: float
    undisturbed_seconds: float
    trials: int
    done_again: int
    """Parts that were there when the driver was killed, and were written once more."""
    unfinished: int
    differing_tables: str


class Life:
    """A run from its beginning to its end, through kills."""

    def __init__(self, output: Path, spec: Path = SPEC) -> None:
        self.output, self.spec = output, spec
        self.rounds = self.failed = 0
        self.kept: dict[Path, int] = {}
        self.begin = time.monotonic()
        self.log = output.with_suffix(".log").open("a")
        self.driver = self._start()

    def through(self, kills: Sequence[Kill]) -> list[bool]:
        """Which of the kills hit; the run is through then."""
        hits = [self._strike(each) for each in kills]
        while self.driver.process.wait() != 0:
            self._go_on()
        self.seconds = time.monotonic() - self.begin
        self.log.close()
        return hits

    def done_again(self) -> list[str]:
        """Parts that had been written before a kill and were written once more."""
        now = written(self.output)
        return [str(path) for path, when in self.kept.items() if now.get(path) != when]

    def _start(self) -> Driver:
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            raise SystemExit(f"{self.output}: not through after {MOST_ROUNDS} rounds; see {self.log.name}")
        return Driver(self.spec, self.output, self.log)

    def _go_on(self) -> None:
        """After a round that ended by itself: a busy machine may not start Ray in time."""
        self.failed += 1
        self.driver = self._start()

    def _strike(self, at: Kill) -> bool:
        slept = False
        while True:
            if not self.driver.runs:
                if self.driver.process.returncode == 0:
                    return False
                self._go_on()
            phase = self.driver.phase
            if phase == at.phase and not slept and self._there(at.victim):
                time.sleep(at.delay)
                slept = True
            elif phase == at.phase and slept and self._hit(at.victim):
                return True
            elif PHASES.index(phase) > PHASES.index(at.phase):
                return False
            else:
                time.sleep(0.05)

    def _there(self, victim: str) -> bool:
        return victim in WHOLE or bool(self.driver.workers(victim))

    def _hit(self, victim: str) -> bool:
        if victim in WHOLE:
            self._end_round(victim)
            return True
        return any(kill(pid) for pid in self.driver.workers(victim)[:1])

    def _end_round(self, victim: str) -> None:
        old = self.driver
        if victim == "session":
            old.end()
        else:
            kill(old.process.pid)
        self.kept |= written(self.output)
        self.driver = self._start()
        if victim == "driver":
            time.sleep(GHOST_S)
            old.end()


def lengths(output: Path, driver: Driver) -> dict[str, float]:
    """Seconds that an undisturbed run spent in each phase."""
    ends = [driver.begin, *(sorted(path.stat().st_mtime for name in REWRITTEN for path in _parts(output, name)))]
    ends.append(max(path.stat().st_mtime for path in _parts(output, "trials")))
    return {phase: ends[i + 1] - ends[i] for i, phase in enumerate(PHASES)}


def _parts(output: Path, table: str) -> list[Path]:
    return list((output / "tables" / table).glob("*.parquet"))


def plans(seed: int, spans: dict[str, float]) -> Iterator[list[Kill]]:
    """Endlessly, the kills of one life after another."""
    draw = random.Random(seed)
    while True:
        phases = [*(("start",) if draw.random() < 0.25 else ()), *PHASES_OF_A_LIFE]
        yield [planned(draw, phase, draw.choice(VICTIMS[phase]), spans) for phase in phases]


def short(seed: int, spans: dict[str, float]) -> list[Kill]:
    """One kill of each kind, in one life."""
    draw = random.Random(seed)
    return [planned(draw, phase, victim, spans) for phase, victim in SHORT]


def planned(draw: random.Random, phase: str, victim: str, spans: dict[str, float]) -> Kill:
    longest = 0.6 * spans[phase] if victim in WHOLE else LONGEST_WORKER_DELAY_S
    return Kill(phase, victim, round(draw.uniform(0, longest), 2))


def differing(output: Path, calm: Path) -> list[str]:
    """Tables whose rows are not those of an undisturbed run."""
    found, wanted = rows(output), rows(calm)
    return [name for name in wanted if found[name] != wanted[name]]


def undisturbed(output: Path, spec: Path = SPEC) -> tuple[float, dict[str, float]]:
    """Seconds in all, and in each phase."""
    life = Life(output, spec)
    life.through([])
    return life.seconds, lengths(output, life.driver)


def outcomes(number: int, output: Path, calm: Path, calm_seconds: float, kills: Sequence[Kill]) -> Iterator[Outcome]:
    """Of one life."""
    life = Life(output)
    for each, hit in zip(kills, life.through(kills), strict=True):
        yield Outcome(
            number,
            **asdict(each),
            hit=hit,
            rounds=life.rounds,
            failed_starts=life.failed,
            seconds=round(life.seconds, 1),
            undisturbed_seconds=round(calm_seconds, 1),
            trials=len(rows(output)["trials"]),
            done_again=len(life.done_again()),
            unfinished=len(unfinished(output)),
            differing_tables=" ".join(differing(output, calm)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="Where the outputs go; without it, nowhere that lasts")
    parser.add_argument("--to", type=Path, default=Path("kills.csv"))
    arguments = parser.parse_args()
    with TemporaryDirectory() as scratch, arguments.to.open("w", newline="") as file:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        table = csv.DictWriter(file, [field.name for field in fields(Outcome)])
        table.writeheader()
        seconds, spans = undisturbed(folder / "calm")
        hits = 0
        for number, kills in enumerate(plans(arguments.seed, spans)):
            for outcome in outcomes(number, folder / f"life{number}", folder / "calm", seconds, kills):
                table.writerow(asdict(outcome))
                print(outcome, flush=True)
                hits += outcome.hit
            file.flush()
            if hits >= arguments.kills:
                return


if __name__ == "__main__":
    main()
