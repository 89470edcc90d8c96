"""What each Ray task of an enumeration, and each trial, takes of the cluster."""

from pydantic import ByteSize, Field

from distgroup.options import Options


class Resources(Options):
    """CPUs and GPUs; fractions share one. Networks this small gain from more workers, not from more cores each."""

    cpus: float = Field(default=1, gt=0)
    gpus: float = Field(default=0, ge=0)
    memory: ByteSize = Field(
        default=ByteSize(0),
        description="Bytes, or text such as 2GiB: a node takes no more workers than its memory holds; 0: any number",
    )

    @property
    def bundle(self) -> dict[str, float]:
        """What is not 0, as Ray names it."""
        named = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(self.memory)}
        return {name: amount for name, amount in named.items() if amount}


ONE_CPU = Resources()
