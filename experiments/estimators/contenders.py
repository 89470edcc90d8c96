"""Who takes part: every estimator, and `low_fidelity` at each fraction of the steps."""

from distgroup.estimators import (
    AnyEstimator,
    FirstOrder,
    GradientCosine,
    LabelSimilarity,
    Lookahead,
    LowFidelity,
    Pairwise,
    Proximal,
    Random,
    Samplewise,
    SuccessiveHalving,
)

FRACTIONS = {"1/32": 1 / 32, "1/16": 1 / 16, "1/8": 1 / 8, "1/4": 1 / 4, "1/2": 1 / 2, "1": 1.0}

CONTENDERS: dict[str, AnyEstimator] = {
    "random": Random(),
    "label_similarity": LabelSimilarity(),
    "samplewise": Samplewise(),
    "samplewise, signs": Samplewise(distance="sign_disagreement"),
    "samplewise, cosine": Samplewise(distance="cosine"),
    "gradient_cosine": GradientCosine(),
    "lookahead": Lookahead(),
    "first_order": FirstOrder(),
    "proximal": Proximal(),
    "proximal, as released": Proximal(credit="as_released"),
    "pairwise": Pairwise(),
    "successive_halving": SuccessiveHalving(),
    **{f"low_fidelity {text}": LowFidelity(fraction=fraction) for text, fraction in FRACTIONS.items()},
}
