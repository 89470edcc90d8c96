"""What the workers of a training take of the cluster, and whether there is room for them."""

import ray

from distgroup.errors import RequestError
from distgroup.training.settings import Training


def on_gpu(training: Training) -> bool:
    """Do workers have a GPU each?"""
    if training.parallel.use_gpu == "auto":
        return bool(ray.cluster_resources().get("GPU", 0) >= training.workers)
    return training.parallel.use_gpu


def per_worker(training: Training, gpu: bool) -> dict[str, float]:
    return {"CPU": training.parallel.cpus_per_worker} | ({"GPU": 1.0} if gpu else {})


def check_room(training: Training, gpu: bool) -> None:
    """Raises RequestError if the workers of one network take more than the cluster has."""
    has = ray.cluster_resources()
    for kind, each in per_worker(training, gpu).items():
        if has.get(kind, 0.0) < training.workers * each:
            raise RequestError(
                f"training.workers: {training.workers} workers take {training.workers * each:g} {kind}s, and there are "
                f"{has.get(kind, 0.0):g}; lower training.workers, or change training.parallel"
            )


def networks_at_once(training: Training, gpu: bool) -> int:
    """How many networks' workers fit into what is free now; at least one, which waits for its room."""
    free = ray.available_resources()
    fit = (free.get(kind, 0.0) / (training.workers * each) for kind, each in per_worker(training, gpu).items())
    return max(1, int(min(fit) + 1e-6))
