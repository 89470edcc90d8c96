"""Every estimator keeps the contract."""

from estimator_contract import EstimatorContract

from distgroup.estimators import GradientCosine, LabelSimilarity, Lookahead, Random


class TestRandom(EstimatorContract):
    estimator = Random()
    trains = False


class TestLabelSimilarity(EstimatorContract):
    estimator = LabelSimilarity()
    trains = False


class TestGradientCosine(EstimatorContract):
    estimator = GradientCosine(every=3)


class TestLookahead(EstimatorContract):
    estimator = Lookahead(every=3)
