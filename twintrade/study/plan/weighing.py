"""What the headline would be if a guess of the analysis file were wrong: the runners-up that are cheap to try."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from twintrade.data.doubts import DOUBT
from twintrade.data.looks import is_layout, list_rival_columns
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
_LESSER = ("friendship", "memorandum")
_MOST_TRIED = 8
_MOST_SHOWN = 3
_MOST_ROWS = 60_000  # rows of a panel up to which its trade tables are read again for another answer


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """Another answer to one guess, and what the headline is under it."""

    line: int  # of the analysis file
    table: str  # "trade" or "twinnings"
    place: int  # which of these tables
    change: Mapping[str, Any]  # the line as it would be
    is_asked: bool  # whether a run stops for it; not for what a published layout leaves open
    before: float = np.nan
    effect: float = np.nan
    scale: str = ""
    moved: float = np.nan  # by how many standard errors, clustered by unit

    @property
    def shown(self) -> str:
        """The other line as the analysis file has it."""
        ((key, value),) = self.change.items()
        return format_toml_line(key, value)

    def describe(self) -> Text:
        """Return what the headline would be, and by how much it moves."""
        effects = {"before": format_effect(self.before, self.scale), "after": format_effect(self.effect, self.scale)}
        return Text("study.runner-up", line=self.line, shown=self.shown, moved=self.moved, **effects)


def weigh_guesses(root: Path, text: str, analysis_plan: Plan, observed: Observed) -> list[RunnerUp]:
    """Return the runners-up that move the headline's point estimate, the most damaging first."""
    if not locate_guesses(text):
        return []
    raw = parse_tables(text)
    runners = list(_list_runners_up(root, raw, text))[:_MOST_TRIED]
    headline = _fit_headline(analysis_plan, observed) if runners else None
    if headline is None:
        return []
    now = headline.view("overall")
    try:
        error = float(Clustered(by=("unit",)).sandwich(headline, now).se[0])
    except TwintradeError:
        error = np.nan
    weighed = []
    for runner in runners:
        effect = _estimate_under(root, raw, runner, analysis_plan.name, observed)
        moved = abs(effect - float(now.effects[0])) / error if error > 0 else np.nan
        if np.isfinite(effect) and abs(effect - float(now.effects[0])) > 1e-6 * max(1.0, abs(effect)):
            weighed.append(
                replace(runner, before=float(now.effects[0]), effect=effect, scale=now.scale, moved=float(moved))
            )
    return sorted(weighed, key=lambda r: -abs(r.effect - r.before))


def list_most_damaging(weighed: Sequence[RunnerUp]) -> Iterator[Text]:
    """Yield a sentence on each of the most damaging runners-up."""
    yield from (runner.describe() for runner in weighed[:_MOST_SHOWN])


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


def _estimate_under(root: Path, raw: Mapping[str, Any], runner: RunnerUp, name: str, observed: Observed) -> float:
    """Return the headline's point estimate under another answer; NaN where the files cannot be read so."""
    changed = deepcopy(dict(raw))
    changed["data"][runner.table][runner.place] |= dict(runner.change)
    for entry in changed["data"]["trade"]:
        entry["confirmed"] = True
    try:
        spec, _ = parse(to_toml(changed))
        if runner.table == "twinnings":
            read = replace(read_agreements(spec, root).agreements, decided_cities=observed.agreements.decided_cities)
            other = replace(observed, agreements=read)
        elif observed.panel.n_rows <= _MOST_ROWS:
            other = observe(name, spec, root)
        else:
            return np.nan
    except TwintradeError:
        return np.nan
    headline = _fit_headline(plan(name, spec), other)
    return np.nan if headline is None else float(headline.view("overall").effects[0])


def _list_runners_up(root: Path, raw: Mapping[str, Any], text: str) -> Iterator[RunnerUp]:
    for line, key, table, place in locate_guesses(text):
        entry = raw["data"][table][place]
        others = list(_list_others(root, key, entry))
        # Known words of signing and of kinds decide; what other dates or kinds would do is shown alone.
        is_asked = (
            key in ("absent", "value") and bool(others) and not (table == "trade" and is_layout(root, entry["file"]))
        )
        yield from (RunnerUp(line, table, place, {key: other}, is_asked) for other in others)


def _list_others(root: Path, key: str, entry: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what else a line may say that the files do not exclude."""
    if key == "absent":
        yield "zero" if entry[key] == "missing" else "missing"
    elif key == "day_first":
        yield not entry[key]
    elif key == "kinds" and len(entry[key]) > 1:
        yield from ({**entry[key], word: "none"} for word, kind in entry[key].items() if kind in _LESSER)
    elif key in ("value", "date"):
        yield from list_rival_columns(root, entry, key)
