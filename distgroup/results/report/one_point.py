"""One point in the terminal: a table an update rule, groupings, and what each number of groups gives."""

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from distgroup.results.report.notes import notes
from distgroup.results.report.section import Section
from distgroup.results.report.summary import PointSummary, Summary
from distgroup.results.report.text import by_size, number, percent, pm, share, table

RULES = {"separate": "separate, a network a group", "selective": "selective, one network, groups in turn"}


def show_point(summary: Summary, console: Console) -> None:
    """Print the methods between their references, their groupings, and the regret at each number of groups."""
    (point,), sections = summary.points, summary.sections
    front = set(point.front["trial_id"])
    parts: list[Table] = []
    for each in sections:
        title = _title(point, each, several=len(sections) > 1 or each.update == "selective")
        parts += [_main(title, each, front), _groupings(each), _by_number(each)]
    if front:
        parts.append(_front(point))
    shown = [part for each in parts for part in (Text(), each)]
    console.print(Group(*shown, Text(notes(point, sections), style="dim")))


def _title(point: PointSummary, section: Section, *, several: bool) -> str:
    tasks = f"{len(point.tasks)} tasks, " if point.tasks else ""
    rule = f"; {RULES[section.update]}" if several else ""
    return f"{point.taskset}: {tasks}{len(point.seeds)} seeds{rule}"


def _main(title: str, section: Section, front: set[str]) -> Table:
    shown, truth = table(title), section.enumerated
    scored = ("regret", "closed", "Spearman") if truth else ()
    shown.add_column("method" if section.update == "selective" else "estimator", no_wrap=True)
    for name in ("groups", "Δm", *scored, "cost"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in section.methods.to_dict("records"):
        score = number(row["regret"]), percent(row["gap_closed"], row["gap_closed_se"]), number(row["spearman"], 2)
        shown.add_row(
            row["method"] + (" *" if row["trial_id"] in front else ""),
            row["num_groups"],
            pm(row["delta_m"], row["delta_m_sd"]),
            *(score if truth else ()),
            _cost(section, row),
        )
    if truth:
        shown.add_section()
        for row in section.references.to_dict("records"):
            shown.add_row(row["reference"], "", pm(row["delta_m"], row["delta_m_sd"]), style="cyan")
        shown.add_row("noise ceiling", "", "", "", "", number(truth.truth.noise_ceiling, 2), style="cyan")
        shown.add_row("enumeration", "", "", "", "", "", "100%", style="cyan")
    return shown


def _cost(section: Section, row: dict[str, float]) -> str:
    """See `notes` for what each means."""
    if section.enumerated is None:
        return f"{row['spent_seconds']:.1f} s"
    return share(row["share"] if section.update == "selective" else row["cost"])


def _groupings(section: Section) -> Table:
    shown = table("groupings", show_header=False)
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for row in section.methods.to_dict("records"):
        settings = f"  ({row['settings']})" if row["settings"] else ""
        shown.add_row(row["method"], row["grouping"].replace("|", " | ") + settings)
    shown.add_section()
    for row in section.references.to_dict("records"):
        if row["reference"].startswith("optimum"):
            shown.add_row(row["reference"], row["grouping"].replace("|", " | "), style="cyan")
    return shown


def _by_number(section: Section) -> Table:
    what = "regret" if section.measure == "regret" else "Δm"
    shown = table(f"{what} on test, by number of groups")
    shown.add_column("method" if section.update == "selective" else "estimator")
    numbers = by_size(list(section.by_number.columns))
    for name in numbers:
        shown.add_column(name, justify="right")
    for method in section.methods["method"]:
        shown.add_row(method, *(number(section.by_number.loc[method, name]) for name in numbers))
    return shown


def _front(point: PointSummary) -> Table:
    shown = table(f"Pareto front on validation: {', '.join(point.objectives)}")
    shown.add_column("trial")
    shown.add_column("method", no_wrap=True)
    for name in ("groups", "Δm val", "Δm test", "steps", "regret val"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in point.front.to_dict("records"):
        values = number(row["delta_m_val"]), number(row["delta_m_test"]), f"{row['cost_steps']:,.0f}"
        shown.add_row(row["trial_id"], row["method"], row["num_groups"], *values, number(row["regret_val"]))
    return shown
