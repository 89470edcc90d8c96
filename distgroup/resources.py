"""What each Ray task of an enumeration, and each trial, takes of the cluster."""

from pydantic import Field

from distgroup.options import Options


class Resources(Options):
    """CPUs and GPUs; fractions share one. Networks this small gain from more workers, not from more cores each."""

    cpus: float = Field(default=1, gt=0)
    gpus: float = Field(default=0, ge=0)


ONE_CPU = Resources()
