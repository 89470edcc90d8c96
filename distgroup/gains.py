"""Gain of a task in a group: what sharing the network is worth, against the single-task network of the same seed."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Gain = Literal["relative", "log_ratio", "metric"]


def gain(kind: Gain, loss: Floats, alone_loss: Floats, metric: Floats, alone_metric: Floats) -> Floats:
    """Gain, element by element; larger is better, 0 where the network is the task's own.

    ``relative``: (L alone − L) / L alone, the literature's. ``log_ratio``: ln(L alone / L), symmetric, for when one
    task's heavy tail would decide for all. ``metric``: (M − M alone) / |M alone|; every metric here is better higher.
    """
    if kind == "relative":
        return (alone_loss - loss) / alone_loss
    if kind == "log_ratio":
        ratio: Floats = np.log(alone_loss / loss)
        return ratio
    return (metric - alone_metric) / np.abs(alone_metric)
