"""Below the headline: the rows and pairs it rests on, and what the ladder says for each question that is asked."""

from twintrade.render import numbers
from twintrade.render.blocks import Block, Span, prose, reference
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    findings_of,
    has_spoken,
    label,
    number,
    overall,
    specifications,
    text,
    whole,
)
from twintrade.render.tables.effect_rows import percent_of, reference_words
from twintrade.render.tables.estimates import decimals_of

TARGETS = ("total", "average unit", "path")


def support(page: Page, spec: Record) -> list[Block]:
    """Say how many treated rows and pairs the headline rests on, where it imputes them."""
    said: list[str] = []
    left, without = whole(spec.get("n_treated_rows_left_out")), whole(spec.get("n_without_outcome_before"))
    n = whole(spec.get("n_treated_rows"))
    if n is not None and left is not None and without is not None:
        counts = {"n": n, "of": n + left, "left": left, "without": without}
        key = "imputed_rows" if left or without else "imputed_all"
        said.append(page.say(key, **{name: numbers.count(value) for name, value in counts.items()}))
    said += [
        numbers.typeset(text(f["sentence"])) for f in findings_of(page.results, "concentration") if has_spoken(f)
    ]
    return [prose(" ".join(said))] if said else []


def spread(page: Page, spec: Record) -> list[Block]:
    """Say how far the columns lie apart in percent, by target, and that their signs differ where they do."""
    columns = specifications(page.results)
    ranges = {} if whole(spec.get("n_treated_units")) == 1 else _by_target(page, columns)
    if sum(map(len, ranges.values())) < 2:
        return _on_one_scale(page, spec, columns)
    told = "; ".join(_told(page, target, values) for target, values in ranges.items())
    before, after = page.say("range_by_target", table="\0", targets=told).split("\0")
    signs = {value > 0 for values in ranges.values() for value in values}
    if len(signs) > 1:
        after += " " + page.say("signs_differ", target=_name(page, text(spec.get("target"))))
    return [prose(before, *_tables(page, columns), after)]


def _by_target(page: Page, columns: list[Record]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {target: [] for target in TARGETS}
    for column in columns:
        kinds = ((text(column.get("target")), "overall"), ("path", "path"))
        for target, kind in kinds:
            value = percent_of(overall(page.results, column, kind=kind))
            if value == value and target in found:
                found[target].append(value)
    return {target: sorted(values) for target, values in found.items() if values}


def _told(page: Page, target: str, values: list[float]) -> str:
    key = "target_range" if len(values) > 1 else "target_one"
    ends = (numbers.percent(values[0]), numbers.percent(values[-1]))
    return page.say(key, target=_name(page, target), low=ends[0], high=ends[1], n=str(len(values)))


def _name(page: Page, target: str) -> str:
    key = f"target_{target.replace(' ', '_')}"
    columns = specifications(page.results)
    held = [whole(c.get("reference")) for c in columns if overall(page.results, c, kind="path") is not None]
    return page.say(key, what=reference_words(page.results, page.wording, held[0] if held else None))


def _on_one_scale(page: Page, spec: Record, columns: list[Record]) -> list[Block]:
    """Say how far the columns on the headline's scale lie apart."""
    own = overall(page.results, spec)
    made = [e for e in (overall(page.results, c) for c in columns) if e is not None]
    same = [e for e in made if own is not None and text(e["scale"]) == text(own["scale"])]
    if len(same) < 2:
        return []
    ordered = sorted(same, key=lambda e: number(e["effect"]))
    low, high = (numbers.fixed(e["effect"], decimals_of(e)) for e in (ordered[0], ordered[-1]))
    high = f"{high} {text(ordered[0]['scale'])}"
    before, after = page.say("ladder_range", n=str(len(same)), table="\0", low=low, high=high).split("\0")
    return [prose(before, *_tables(page, columns), after)]


def _tables(page: Page, columns: list[Record]) -> tuple[Span | str, ...]:
    """Return references to the tables that the ladder takes."""
    n = -(-len(columns) // page.tables.columns_per_table)
    parts = [reference("ladder" if n == 1 else f"ladder-{i}") for i in range(1, n + 1)]
    return (parts[0], *(piece for part in parts[1:] for piece in (", ", part)))


def bounds(page: Page, spec: Record) -> list[Block]:
    """Say that the headline has no bounds under violations of its assumption where another column's path has them."""
    about = {
        (text(f["estimator"]), text(f["specification"])) for f in findings_of(page.results, "honest") if has_spoken(f)
    }
    own = (text(spec["estimator"]), text(spec["specification"]))
    others = [
        label(c) for c in specifications(page.results) if (text(c["estimator"]), text(c["specification"])) in about
    ]
    return [prose(page.say("no_bounds", label=", ".join(others)))] if others and own not in about else []
