"""How every network is trained: the same steps, batches and optimizer for all, so that gains compare like with like."""

from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from pydantic import ByteSize, Field
from torch import Tensor

from distgroup.options import Options


class Adam(Options):
    """Kingma & Ba 2015. Element-wise, so a stack of networks trains exactly as each would alone."""

    kind: Literal["adam"] = "adam"
    lr: float = Field(default=0.002, gt=0)

    def build(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr=self.lr, fused=True)


class Sgd(Options):
    """Stochastic gradient descent, with momentum if asked."""

    kind: Literal["sgd"] = "sgd"
    lr: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.0, ge=0, lt=1)

    def build(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        optimizer = torch.optim.SGD(parameters, lr=self.lr, momentum=self.momentum, fused=True)
        if self.momentum:  # from 0 for all: torch's fused step refuses parameters of which some have not moved before
            for one in optimizer.param_groups[0]["params"]:
                optimizer.state[one]["momentum_buffer"] = torch.zeros_like(one)
        return optimizer


class Parallel(Options):
    """How each worker of data-parallel training goes about it. Results do not depend on it, but for rounding."""

    cpus_per_worker: float = Field(default=1, gt=0, description="CPUs that each worker takes; may be a fraction")
    memory_per_worker: ByteSize = Field(
        default=ByteSize(0), description="That a node sets aside for each; bytes, or text such as 2GiB; 0: none"
    )
    use_gpu: Literal["auto"] | bool = Field(
        default="auto", description="true: one for each worker; auto: if the cluster has so many"
    )
    precision: Literal["auto", "float32", "bf16"] = Field(
        default="auto",
        description="bf16: matrix products in bfloat16, whose rounding is coarse enough to be seen in the results; "
        "auto: on GPUs only",
    )
    accumulate: int = Field(
        default=1,
        ge=1,
        description="Parts that a worker takes its rows of a batch in, one after another, to save memory",
    )
    checkpoint_every: int = Field(default=500, ge=1, description="Steps between checkpoints")


class Training(Options):
    """One training run of one network."""

    steps: int = Field(default=400, ge=1, description="Optimizer steps of each network")
    batch_size: int = Field(default=128, ge=1, description="Rows a step")
    optimizer: Annotated[Adam | Sgd, Field(discriminator="kind")] = Adam()
    budget: Literal["per_network"] = Field(
        default="per_network", description="per_network: every network gets `steps`, however many there are"
    )
    workers: int = Field(default=1, ge=1, description="Workers that share each batch when one network is trained")
    parallel: Parallel = Parallel()

    @property
    def determining(self) -> str:
        """As JSON, all that results depend on: not how many workers trained, nor how they went about it."""
        return self.model_dump_json(exclude={"workers", "parallel"})
