"""Affinity estimators: cheap predictions of which tasks help each other. One a file; `base` states their laws."""

from distgroup.estimators.base import AffinityEstimator, Estimator, GroupEstimator, Measured, MeasuredGroups
from distgroup.estimators.first_order import FirstOrder
from distgroup.estimators.gradient_cosine import GradientCosine
from distgroup.estimators.label_similarity import LabelSimilarity
from distgroup.estimators.lookahead import Lookahead
from distgroup.estimators.low_fidelity import LowFidelity
from distgroup.estimators.pairwise import Pairwise
from distgroup.estimators.proximal import Proximal
from distgroup.estimators.python_source import Python
from distgroup.estimators.random import Random
from distgroup.estimators.samplewise import Samplewise
from distgroup.estimators.successive_halving import SuccessiveHalving

AnyEstimator = (
    Random
    | LabelSimilarity
    | Samplewise
    | GradientCosine
    | Lookahead
    | FirstOrder
    | Proximal
    | Pairwise
    | LowFidelity
    | SuccessiveHalving
    | Python
)
"""Told apart in a spec by their `kind`."""

__all__ = [
    "AffinityEstimator",
    "AnyEstimator",
    "Estimator",
    "FirstOrder",
    "GradientCosine",
    "GroupEstimator",
    "LabelSimilarity",
    "Lookahead",
    "LowFidelity",
    "Measured",
    "MeasuredGroups",
    "Pairwise",
    "Proximal",
    "Python",
    "Random",
    "Samplewise",
    "SuccessiveHalving",
]
