"""Event studies and coefficients of several fits, and the first look at a design, drawn as a page draws them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.design.panel import require_word
from twintrade.effects import Bands
from twintrade.errors import SpecError
from twintrade.render import figures
from twintrade.study.by_name import list_option_names
from twintrade.text import Text, name_fact, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT, LINE_HEIGHT = 0.9, 0.32  # inches of a picture of coefficients: around its lines, and of each line


@dataclass(frozen=True, slots=True)
class PlotLook:
    """How fits are drawn."""

    labels: Mapping[str, str] = field(default_factory=dict)  # what a fit or a term is called in the picture
    order: Sequence[str] = ()  # fits or terms in their order, by their own names; others follow
    groups: Mapping[str, str] = field(default_factory=dict)  # the group of a term, which heads it
    scale: Literal["percent", "own"] = "percent"  # of event studies in log points
    margin: bool = True  # whether the overall effect stands beside an event study
    bands: bool = True  # whether simultaneous bands are drawn
    theme: Mapping[str, Any] = field(default_factory=dict)  # fields of the report's theme: size, width, after ...

    @classmethod
    def take(cls, options: dict[str, Any]) -> "PlotLook":
        """Take what says how to draw out of the options of a call."""
        look = cls(**{f.name: options.pop(f.name) for f in fields(cls) if f.name in options})
        require_word("scale", look.scale, ("percent", "own"))
        for name, given in (("labels", look.labels), ("groups", look.groups), ("theme", look.theme)):
            if not isinstance(given, Mapping):
                raise SpecError(f"{name} is a mapping of names, not {given!r}")
        if unknown := [name for name in look.theme if name not in list_option_names(figures.Theme)]:
            raise SpecError(f"the theme has no {unknown[0]!r}; it has {', '.join(list_option_names(figures.Theme))}")
        return look

    def sort(self, names: Iterable[str]) -> list[str]:
        """Return names in the asked order."""
        known = list(names)
        if unknown := [name for name in self.order if name not in known]:
            raise SpecError(f"order has {unknown[0]!r}, which is not drawn; drawn: {', '.join(map(repr, known))}")
        return [*self.order, *(name for name in known if name not in self.order)]


def _refuse_unlike(scales: Iterable[str]) -> None:
    known = list(dict.fromkeys(scales))
    if len(known) > 1:
        units = " and ".join(name_fact("labels.scale-", scale) for scale in known)
        raise SpecError(f"{units} share no axis; leave ax out for a panel each, or draw fits on one scale")


def draw_studies(
    studies: Mapping[str, Bands],
    period_name: str,
    ax: "Axes | None",
    overall: Mapping[str, Bands] | None = None,
    look: PlotLook | None = None,
) -> "Axes":
    """Draw event studies by their names as a page does, on axes at hand dodged; return the axes of the first."""
    look = look or PlotLook()
    names = look.sort(studies)
    changes = figures.CHANGES if look.scale == "percent" else ()
    if ax is not None and len(names) > 1:
        _refuse_unlike(studies[name].estimate.scale for name in names)
        labelled = {look.labels.get(name, name): studies[name] for name in names}
        figures.draw_studies_on(ax, labelled, period_name=period_name)
        return ax
    frames = [figures.read_study(studies[name], look.labels.get(name, name)) for name in names]
    if not look.bands:
        frames = [frame.drop(columns=["simultaneous_low", "simultaneous_high"]) for frame in frames]
    frame = pd.concat([figures.convert_to_logs(frame) if changes else frame for frame in frames], ignore_index=True)
    whole = (overall or {}).get(names[0]) if look.margin else None
    margin = None if whole is None else figures.read_whole_effect(whole, is_percent=bool(changes))
    theme = figures.Theme(**look.theme)
    with figures.apply_theme(theme):
        if ax is not None:
            return figures.draw_study_in(ax, frame, None, period_name, theme, changes)
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(theme.width, figures.measure_study(frame)), layout="constrained")
        return figures.draw_study_in(figure, frame, margin, period_name, theme, changes)


def draw_coefficients(
    tables: Mapping[str, pd.DataFrame], scales: Iterable[str], ax: "Axes | None", look: PlotLook | None = None
) -> "Axes":
    """Draw coefficient tables as lines, grouped by name where there are several, a panel a unit; return the first."""
    look = look or PlotLook()
    units = dict(zip(tables, scales, strict=True))
    if ax is not None:
        _refuse_unlike(units.values())
    panels: dict[str, list[pd.DataFrame]] = {}
    is_of_fits = bool(set(look.order) & set(tables))
    for name in look.sort(tables) if is_of_fits else tables:
        panels.setdefault(units[name], []).append(_label(tables[name], name, look))
    theme = figures.Theme(**look.theme)

    def draw(axes: "Sequence[Axes]") -> "Axes":
        for one, (scale, frames) in zip(axes, panels.items(), strict=True):
            label = name_fact("labels.scale-", scale) if scale else ""
            figures.draw_coefficients_on(one, pd.concat(frames, ignore_index=True), x_label=label, theme=theme)
        return axes[0]

    if ax is not None:
        return draw([ax])
    heights = [HEIGHT + LINE_HEIGHT * sum(len(frame) + 1 for frame in frames) for frames in panels.values()]
    with figures.apply_theme(theme):
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(theme.width, sum(heights)), layout="constrained")
        axes = figure.subplots(len(heights), squeeze=False, height_ratios=heights)
        return draw(axes.ravel().tolist())


def _label(table: pd.DataFrame, name: str, look: PlotLook) -> pd.DataFrame:
    """Return a coefficient table as rows of a picture: terms sorted, named, and headed by their fit or group."""
    columns = {"label": "term", "effect": "estimate", "low": "conf.low", "high": "conf.high"}
    frame = pd.DataFrame({new: table[old] for new, old in columns.items()})
    ranks = {term: place for place, term in enumerate(look.order)}
    frame = frame.assign(rank=[ranks.get(term, len(ranks)) for term in frame["label"]])
    frame = frame.sort_values("rank", kind="stable")
    groups = frame["label"].map(lambda term: look.groups.get(term, look.labels.get(name, name)))
    labels = frame["label"].map(lambda term: look.labels.get(term, term))
    return frame.assign(group=groups, label=labels).drop(columns="rank")


# The first look at a design: what was observed of the treated and of the comparison, and who is treated when.

MOST_COHORTS = 5  # more are drawn as one


def measure_cohorts(design: Design) -> tuple[pd.DataFrame, str]:
    """Return the mean outcome of cohorts by period, and whether in percent of that before the first agreement.

    Or less that before, for logs and outcomes that may be negative. The comparison's onset, ``since``, is infinite.
    """
    o = design.observations
    since = np.where(o.unit_onset > o.periods[-1], np.inf, o.unit_onset)
    is_before = o.period < since.min() - o.anticipation
    if np.unique(since).size > MOST_COHORTS + 1:
        since[np.isfinite(since)] = 0
    frame = pd.DataFrame({"since": since[o.unit], "unit": o.unit, "period": o.period, "y": o.y})
    means = frame[is_before].groupby("since")["y"].mean()
    frame = frame.groupby(["since", "period"]).agg(n=("unit", "nunique"), y=("y", "mean")).reset_index()
    before = frame["since"].map(means).fillna(frame.groupby("since")["y"].transform("first"))
    is_ratio = design.scale != "log points" and bool((o.y >= 0).all() and (before > 0).all())
    value = 100 * frame["y"] / before if is_ratio else frame["y"] - before
    return frame.assign(value=value, period_label=frame["period"].map(design.panel.label)), "ratio" * is_ratio


def draw_design(design: Design) -> "Axes":
    """Draw the outcome of the comparison and of cohorts by period, and below it how many are treated in each."""
    theme, o, (frame, kind) = figures.Theme(), design.observations, measure_cohorts(design)
    head = Text("python.plot-outcome", outcome=design.outcome, measure=design.transform_label, kind=kind)
    with figures.apply_theme(theme):
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(theme.width, 4.6), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1)).ravel().tolist()
        for place, since in enumerate(np.unique(frame["since"])):
            part, is_treated = frame[frame["since"] == since], np.isfinite(since)
            label = design.panel.label(int(since)) if is_treated and since else ""
            kind = "cohort" if label else "treated" if is_treated else "comparison"
            name = str(Text("python.plot-line", kind=kind, since=label, n=int(part["n"].max())))
            color, width = (theme.palette[place % len(theme.palette)], 1.4) if is_treated else (theme.ink, 2.4)
            style = {"color": color, "linewidth": width, "label": name}
            figures.draw_line(upper, part, "period", "value", name, texts.format_tick, **style)
            begun = part[part["period"] == since]
            upper.plot(begun["period"], begun["value"], "o", color=color, markersize=5, label="_onset")
        counts = pd.Series(o.is_treated).groupby(o.period).sum()
        lower.bar(counts.index, counts, width=0.8, color=theme.palette[0])
        for axes, title in ((upper, head), (lower, Text("python.plot-treated", unit=design.panel.unit_kind))):
            axes.set_title(str(title), loc="left")
            axes.yaxis.set_major_formatter(lambda value, _: texts.format_tick(value))
        lower.yaxis.get_major_locator().set_params(integer=True)
        figures.draw_period_axis(upper, frame)
        figures.add_legend_below(figure, [one for one in upper.get_lines() if one.get_label()[0] != "_"], theme, 3)
        drawn: Axes = upper
    return drawn
