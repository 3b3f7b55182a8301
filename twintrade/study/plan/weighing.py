"""What the headline would be if a guess of the analysis file were wrong: the runners-up that are cheap to try."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from twintrade.data.doubts import DOUBT
from twintrade.data.looks import list_rivals, look_at_file, look_for_layout
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import Message
from twintrade.errors import DataError, TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.inference.clustered import Clustered
from twintrade.study.observing.observe import Observed, observe, read_agreements
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import Plan, plan
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.spec_text import format_toml_line, locate_guesses, parse_tables, to_toml
from twintrade.study.store.locating import FOLDER
from twintrade.text import Listed, Text

MOST_MOVED = 0.5
"""Standard errors by which a runner-up may move the headline before a run asks somebody to confirm the guess."""
_ASKED = ("absent", "value", "where", "city", "money_unit")
_LESSER = ("friendship", "memorandum")
_MOST_TRIED = 8
_MOST_SHOWN = 3
_MOST_ROWS = 200_000  # rows of a panel up to which its trade tables are read again for another answer


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """Another answer to one guess, and what the headline is under it."""

    line: int  # of the analysis file
    table: str  # "trade" or "twinnings"
    place: int  # which of these tables
    change: Mapping[str, Any]  # the line as it would be, and those that change with it
    is_asked: bool  # whether a run stops for it; not for what a published layout leaves open
    before: float = np.nan
    effect: float = np.nan
    scale: str = ""
    moved: float = np.nan  # by how many standard errors, clustered by unit

    @property
    def shown(self) -> str:
        """The other lines as the analysis file has them."""
        return ", ".join(format_toml_line(key, value) for key, value in self.change.items())

    def describe(self) -> Text:
        """Return what the headline would be, and by how much it moves."""
        effects = {"before": format_effect(self.before, self.scale), "after": format_effect(self.effect, self.scale)}
        known = "yes" if np.isfinite(self.moved) else "no"
        return Text("study.runner-up", line=self.line, shown=self.shown, moved=self.moved, known=known, **effects)


def weigh_guesses(
    root: Path, text: str, analysis_plan: Plan, observed: Observed, headline: Fit | None = None
) -> list[RunnerUp]:
    """Return the runners-up that move the headline's point estimate, the most damaging first."""
    if not locate_guesses(text):
        return []
    raw = parse_tables(text)
    runners = list(_list_runners_up(root, raw, text))[:_MOST_TRIED]
    headline = (headline or _fit_headline(analysis_plan, observed)) if runners else None
    if headline is None:
        return []
    now = headline.view("overall")
    before = float(now.effects[0])
    try:
        error = float(Clustered(by=("unit",)).sandwich(headline, now).se[0])
    except TwintradeError:
        error = np.nan
    weighed, outcome = [], analysis_plan.spec.design.outcome
    for runner in runners:
        other, effect = _estimate_under(root, raw, runner, analysis_plan, observed)
        moved = abs(effect - before) / error if error > 0 else np.nan
        if np.isfinite(effect) and abs(effect - before) > 1e-6 * max(1.0, abs(effect)):
            is_asked = runner.is_asked and other is not None and _is_as_likely(runner, observed, other, outcome)
            known = replace(runner, is_asked=is_asked, before=before, effect=effect)
            weighed.append(replace(known, scale=now.scale, moved=float(moved)))
    return sorted(weighed, key=lambda r: -abs(r.effect - r.before))


def list_most_damaging(weighed: Sequence[RunnerUp]) -> Iterator[Text]:
    """Yield a sentence on each of the most damaging runners-up, and one on the others."""
    yield from (runner.describe() for runner in weighed[:_MOST_SHOWN])
    if rest := [Text("study.runner-up-less", shown=r.shown, moved=r.moved) for r in weighed[_MOST_SHOWN:]]:
        yield Text("study.runners-up-less", shown=Listed(tuple(rest), "semicolon"))


def confirm_or_stop(name: str, text: str, weighed: Sequence[RunnerUp]) -> list[Message]:
    """Return what page 1 says of guesses that move the headline and are confirmed; raise for those that are not."""
    raw = parse_tables(text)["data"]
    moving = [r for r in weighed if r.is_asked and r.moved > MOST_MOVED]
    is_open = [r for r in moving if not raw[r.table][r.place].get("confirmed")]
    if is_open:
        tables = Listed(tuple(dict.fromkeys(f"[[data.{r.table}]]" for r in is_open)))
        moves = Listed(tuple(r.describe() for r in is_open[:_MOST_SHOWN]), "semicolon")
        file = f"{FOLDER}/{name}.toml"
        raise DataError(Text("study.guesses-move", file=file, n=len(is_open), said=moves, tables=tables))
    return [Message("warning", DOUBT, r.describe(), f"{FOLDER}/{name}.toml") for r in moving]


def _fit_headline(analysis_plan: Plan, observed: Observed) -> Fit | None:
    try:
        column = next(column for column in analysis_plan.columns if column.is_headline)
        headline = fit(column.estimator, Designs(observed, analysis_plan.spec.case).of(column))
        headline.view("overall")
    except (TwintradeError, StopIteration, np.linalg.LinAlgError):
        return None
    return headline


def _is_as_likely(runner: RunnerUp, observed: Observed, other: Observed, outcome: str) -> bool:
    """Return whether the files speak for another level of place, or another unit, no less than for the one read."""
    if "city" in runner.change:
        return _count_unmatched(other) <= _count_unmatched(observed)
    return "money_unit" not in runner.change or _measure_noise(other, outcome) <= _measure_noise(observed, outcome)


def _count_unmatched(observed: Observed) -> int:
    lines = observed.reconciliation
    return 0 if lines is None else int((lines.frame["status"] == "unmatched").sum())


def _measure_noise(observed: Observed, outcome: str) -> float:
    """Return the mean absolute change of a log figure from one row of a pair to the next."""
    panel = observed.panel
    logs = np.log(np.where((values := panel.values(outcome)) > 0, values, np.nan))
    is_same = panel.unit[1:] == panel.unit[:-1]
    return float(np.nanmean(np.abs(np.diff(logs))[is_same]))


def _estimate_under(
    root: Path, raw: Mapping[str, Any], runner: RunnerUp, analysis_plan: Plan, observed: Observed
) -> tuple[Observed | None, float]:
    """Return what is read under another answer, and the headline's point estimate; NaN where the files refuse it."""
    changed = deepcopy(dict(raw))
    changed["data"][runner.table][runner.place] |= dict(runner.change)
    if "flow" in runner.change:
        changed["design"]["outcome"] = runner.change["flow"]
    for entry in changed["data"]["trade"]:
        entry["confirmed"] = True
    try:
        spec, _ = parse(to_toml(changed))
        if runner.table == "twinnings":
            read = replace(read_agreements(spec, root).agreements, decided_cities=observed.agreements.decided_cities)
            other = replace(observed, agreements=read)
        elif observed.panel.n_rows <= _MOST_ROWS:
            other = observe(analysis_plan.name, spec, root)
        else:
            return None, np.nan
    except TwintradeError:
        return None, np.nan
    headline = _fit_headline(plan(analysis_plan.name, spec), other)
    return other, np.nan if headline is None else float(headline.view("overall").effects[0])


def _list_runners_up(root: Path, raw: Mapping[str, Any], text: str) -> Iterator[RunnerUp]:
    opened: dict[str, Any] = {}
    for line, key, table, place in locate_guesses(text):
        entry = raw["data"][table][place]
        file = str(entry["file"])
        if file not in opened:
            opened[file] = look_at_file(root, file)[0]
        # Known words of signing and of kinds decide; what other dates or kinds would do is shown alone.
        is_asked = key in _ASKED and not (table == "trade" and look_for_layout(opened[file], file))
        for change in _list_other_answers(opened[file], key, entry):
            yield RunnerUp(line, table, place, change, is_asked)


def _list_other_answers(table: Any, key: str, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what else a line may say that the files do not exclude, each with the lines that change with it."""
    if key == "absent":
        yield {key: "zero" if entry[key] == "missing" else "missing"}
    elif key == "day_first":
        yield {key: not entry[key]}
    elif key == "kinds" and len(entry[key]) > 1:
        yield from ({key: {**entry[key], word: "none"}} for word, kind in entry[key].items() if kind in _LESSER)
    elif key in ("value", "flow", "date", "where", "money_unit", "city"):
        yield from list_rivals(table, entry, key)
