"""Affinity estimators: cheap predictions of which tasks help each other. One a file; `base` states their laws."""

from distgroup.estimators.base import AffinityEstimator, Estimator, GroupEstimator, Measured, MeasuredGroups
from distgroup.estimators.gradient_cosine import GradientCosine
from distgroup.estimators.label_similarity import LabelSimilarity
from distgroup.estimators.lookahead import Lookahead
from distgroup.estimators.random import Random

AnyEstimator = Random | LabelSimilarity | GradientCosine | Lookahead
"""Told apart in a spec by their `kind`."""

__all__ = [
    "AffinityEstimator",
    "AnyEstimator",
    "Estimator",
    "GradientCosine",
    "GroupEstimator",
    "LabelSimilarity",
    "Lookahead",
    "Measured",
    "MeasuredGroups",
    "Random",
]
