"""Gain of a task in a group: what sharing the network is worth, against the single-task network of the same seed."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALLEST_LOSS = float(np.finfo(np.float32).eps)

Gain = Literal["relative", "log_ratio", "metric"]


def gain(kind: Gain, loss: Floats, alone_loss: Floats, metric: Floats, alone_metric: Floats) -> Floats:
    """Gain, element by element; larger is better, 0 where the network is the task's own.

    ``relative``: (L alone − L) / L alone, the literature's. ``log_ratio``: ln(L alone / L), symmetric, for when one
    task's heavy tail would decide for all. ``metric``: M − M alone; every metric here is better when higher. A loss
    below what float32 resolves beside 1 counts as that, so that a task learned perfectly has finite gains.
    """
    if kind == "metric":
        return metric - alone_metric
    alone, shared = np.maximum(alone_loss, SMALLEST_LOSS), np.maximum(loss, SMALLEST_LOSS)
    gained: Floats = (alone - shared) / alone if kind == "relative" else np.log(alone / shared)
    return gained
