"""What the columns of a report mean, said below it."""

from collections.abc import Iterator, Sequence

from distgroup.results.report.section import Section
from distgroup.results.report.summary import PointSummary
from distgroup.results.report.text import number


def notes(point: PointSummary, sections: Sequence[Section]) -> str:
    """Only of what is shown."""
    return "\n".join(_notes(point, sections))


def _notes(point: PointSummary, sections: Sequence[Section]) -> Iterator[str]:
    pruned, failed = point.count("pruned"), point.count("failed")
    if pruned or failed:
        yield f"Trials: {point.count('done')} done, {pruned} pruned, {failed} failed."
    yield (
        "Δm: mean gain over single-task networks, on test, ± standard deviation over seeds; each row is the "
        "estimator's trial with the largest Δm on validation."
    )
    if any(section.enumerated for section in sections):
        yield (
            "Regret: Δm of the optimum with at most as many groups, minus this Δm; negative where what validation "
            "chose as the optimum does worse on test."
        )
        yield "Closed: share of the way from all-in-one to that optimum, ± jackknife error over seeds."
        yield (
            "Spearman: predicted against measured gains. Noise ceiling: the measured gains against themselves, between "
            f"halves of the seeds; an estimator that knew the true ones would reach about {_reachable(sections)}."
        )
    for section in sections:
        yield from _of_section(section)
    if len(point.objectives) > 1:
        yield "*: this trial is on the Pareto front of the search's objectives, on validation."


def _reachable(sections: Sequence[Section]) -> str:
    found = [number(section.enumerated.reachable, 2) for section in sections if section.enumerated]
    return " and ".join(found)


def _of_section(section: Section) -> Iterator[str]:
    selective, truth = section.update == "selective", section.enumerated
    if selective and section.methods["method"].str.startswith("adaptive").any():
        yield (
            "adaptive: the grouping is made again every so many batches, from affinity tracked in training; the last "
            "one is shown. Others: the estimator's grouping, kept. An adaptive one may beat every fixed grouping."
        )
    if truth is None:
        yield f"No truth was enumerated of {section.update}. Cost: core-seconds of estimation and training."
        return
    what = "Cost (selective): estimation and training" if selective else "Cost: estimation"
    networks = f"{truth.networks} networks of the enumeration"
    yield f"{what}, as a share of the {truth.seconds:.0f} core-seconds that the {networks} took."
