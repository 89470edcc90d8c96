"""What the tasks of a network share. `mlp` and `cnn` can be stacked, hundreds at once; `python` is a user's own."""

from distgroup.encoders.base import Encoder, Stackable
from distgroup.encoders.cnn import Cnn
from distgroup.encoders.mlp import Mlp
from distgroup.encoders.python import Python
from distgroup.errors import RequestError

AnyEncoder = Mlp | Cnn | Python

__all__ = ["AnyEncoder", "Cnn", "Encoder", "Mlp", "Python", "Stackable", "stackable"]


def stackable(encoder: Encoder) -> Stackable:
    """``encoder``, if enumeration, estimators and whatever else trains stacks can take it; raises RequestError."""
    if not isinstance(encoder, Stackable):
        raise RequestError(
            f"model.encoder: {encoder.model_dump()['kind']} cannot be stacked, as enumeration, estimators and trials "
            "need; allowed there: mlp, cnn. Networks with an encoder of your own are trained data-parallel with "
            "`distgroup train`"
        )
    return encoder
