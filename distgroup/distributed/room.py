"""What the workers of a training take of the cluster, and whether there is room for them."""

import ray

from distgroup.errors import RequestError
from distgroup.resources import Resources
from distgroup.training.settings import Training


def on_gpu(training: Training) -> bool:
    """Do workers have a GPU each?"""
    if training.parallel.use_gpu == "auto":
        return bool(ray.cluster_resources().get("GPU", 0) >= training.workers)
    return training.parallel.use_gpu


def per_worker(training: Training, gpu: bool) -> Resources:
    """What each worker takes."""
    parallel = training.parallel
    return Resources(cpus=parallel.cpus_per_worker, gpus=int(gpu), memory=parallel.memory_per_worker)


def check_room(training: Training, gpu: bool) -> None:
    """Raises RequestError if the workers of one network take more than the cluster has."""
    has = ray.cluster_resources()
    for kind, each in per_worker(training, gpu).bundle.items():
        takes, there_is = training.workers * each, has.get(kind, 0.0)
        if there_is < takes:
            raise RequestError(
                f"training.workers: {training.workers} workers take {worded(kind, takes)}, and there are "
                f"{worded(kind, there_is)}; lower training.workers, or change training.parallel"
            )


def worded(kind: str, amount: float) -> str:
    """So much of what Ray calls ``kind``, in words."""
    if kind == "memory":
        return f"{amount / 2**30:.3g} GiB of memory"
    return f"{amount:g} {kind}{'s' if amount != 1 else ''}"


def networks_at_once(training: Training, gpu: bool) -> int:
    """How many networks' workers fit into what is free now; at least one, which waits for its room."""
    free = ray.available_resources()
    fit = (free.get(kind, 0.0) / (training.workers * each) for kind, each in per_worker(training, gpu).bundle.items())
    return max(1, int(min(fit) + 1e-6))
