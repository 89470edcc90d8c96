"""Every estimator keeps the contract."""

from estimator_contract import EstimatorContract

from distgroup.encoders import Cnn
from distgroup.estimators import (
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
from distgroup.estimators.successive_halving import Rung

IMAGE = Cnn(shape=(1, 2, 3), channels=(3,), widths=(4,))


class TestRandom(EstimatorContract):
    estimator = Random()
    trains = False


class TestLabelSimilarity(EstimatorContract):
    estimator = LabelSimilarity()
    trains = False


class TestSamplewise(EstimatorContract):
    estimator = Samplewise(samples=30, inits=2)
    trains = False


class TestSamplewiseOfConvolutions(EstimatorContract):
    estimator = Samplewise(samples=30, inits=2)
    encoder = IMAGE
    trains = False


class TestGradientCosine(EstimatorContract):
    estimator = GradientCosine(every=3)


class TestLookahead(EstimatorContract):
    estimator = Lookahead(every=3)


class TestFirstOrder(EstimatorContract):
    estimator = FirstOrder(every=3)


class TestFirstOrderOfConvolutions(EstimatorContract):
    estimator = FirstOrder(every=3)
    encoder = IMAGE


class TestPairwise(EstimatorContract):
    estimator = Pairwise()


class TestLowFidelity(EstimatorContract):
    estimator = LowFidelity(fraction=0.5, seeds=2)


class TestSuccessiveHalving(EstimatorContract):
    estimator = SuccessiveHalving(rungs=(Rung(at=0.25, keep=0.5), Rung(at=0.5, keep=0.2)))


class TestProximal(EstimatorContract):
    estimator = Proximal(beta=0.1)


class TestProximalAsReleased(EstimatorContract):
    estimator = Proximal(beta=0.1, credit="as_released")
