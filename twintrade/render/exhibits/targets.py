"""Below the headline: the rows and pairs it rests on, and what the ladder says for each question that is asked."""

from twintrade.render.blocks import Block, Span, build_paragraph, build_reference
from twintrade.render.names import name_scale
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_overall,
    format_label,
    has_spoken,
    list_findings,
    list_specifications,
    read_number,
    read_whole,
    read_words,
    take_text,
)
from twintrade.render.tables.effect_rows import convert_to_percent, describe_reference
from twintrade.render.tables.estimates import find_decimals
from twintrade.text import Listed, numbers

TARGETS = ("total", "average unit", "average cell", "path")


def describe_support(page: Page, spec: Record) -> list[Block]:
    """Say how many treated rows and pairs the headline rests on, where it imputes them."""
    sentences: list[str] = []
    left, without = read_whole(spec.get("n_treated_rows_left_out")), read_whole(spec.get("n_without_outcome_before"))
    n = read_whole(spec.get("n_treated_rows"))
    if n is not None and left is not None and without is not None:
        has_logs = take_text(spec.get("target")) == "average unit" and bool(take_text(spec.get("overall_note")))
        counts = {"n": n, "of": n + left, "left": left, "without": without, "logs": "yes" if has_logs else "no"}
        key = "imputed_rows" if left or without else "imputed_all"
        sentences.append(page.say(key, **counts))
    sentences += [read_words(f, "sentence") for f in list_findings(page.results, "concentration") if has_spoken(f)]
    return [build_paragraph(str(Listed(tuple(sentences), "sentences")))] if sentences else []


def spread(page: Page, spec: Record) -> list[Block]:
    """Say how far the columns lie apart in percent, by target, and that their signs differ where they do."""
    columns = list_specifications(page.results)
    ranges = {} if read_whole(spec.get("n_treated_units")) == 1 else _by_target(page, columns)
    if sum(map(len, ranges.values())) < 2:
        return _on_one_scale(page, spec, columns)
    targets = Listed(tuple(_describe_target(page, target, values) for target, values in ranges.items()), "semicolon")
    before, after = page.say("range_by_target", table="\0", targets=targets).split("\0")
    signs = {value > 0 for values in ranges.values() for value in values}
    if len(signs) > 1:
        after += " " + page.say("signs_differ", target=_name(page, take_text(spec.get("target"))))
    return [build_paragraph(before, *_tables(page, columns), after)]


def _by_target(page: Page, columns: list[Record]) -> dict[str, list[float]]:
    by_target: dict[str, list[float]] = {target: [] for target in TARGETS}
    for column in columns:
        kinds = ((take_text(column.get("target")), "overall"), ("path", "path"))
        for target, kind in kinds:
            value = convert_to_percent(find_overall(page.results, column, kind=kind))
            if value == value and target in by_target:
                by_target[target].append(value)
    return {target: sorted(values) for target, values in by_target.items() if values}


def _describe_target(page: Page, target: str, values: list[float]) -> str:
    key = "target_range" if len(values) > 1 else "target_one"
    ends = (numbers.format_percent(values[0]), numbers.format_percent(values[-1]))
    return page.say(key, target=_name(page, target), low=ends[0], high=ends[1], n=len(values))


def _name(page: Page, target: str) -> str:
    key = f"target_{target.replace(' ', '_')}"
    columns = list_specifications(page.results)
    with_path = (c for c in columns if find_overall(page.results, c, kind="path") is not None)
    references = [read_whole(c.get("reference")) for c in with_path]
    return page.say(key, what=describe_reference(page.results, page.wording, references[0] if references else None))


def _on_one_scale(page: Page, spec: Record, columns: list[Record]) -> list[Block]:
    """Say how far the columns on the headline's scale lie apart."""
    headline = find_overall(page.results, spec)
    overalls = [e for e in (find_overall(page.results, c) for c in columns) if e is not None]
    same = [e for e in overalls if headline is not None and take_text(e["scale"]) == take_text(headline["scale"])]
    if len(same) < 2:
        return []
    ordered = sorted(same, key=lambda e: read_number(e["effect"]))
    low, high = (numbers.format_fixed(e["effect"], find_decimals(e)) for e in (ordered[0], ordered[-1]))
    high = f"{high} {name_scale(take_text(ordered[0]['scale']))}"
    before, after = page.say("ladder_range", n=len(same), table="\0", low=low, high=high).split("\0")
    return [build_paragraph(before, *_tables(page, columns), after)]


def _tables(page: Page, columns: list[Record]) -> tuple[Span | str, ...]:
    """Return references to the tables that the ladder takes."""
    n = -(-len(columns) // page.tables.count_columns(page.detail == "short"))
    parts = [build_reference("ladder" if n == 1 else f"ladder-{i}") for i in range(1, n + 1)]
    return (parts[0], *(piece for part in parts[1:] for piece in (", ", part)))


def describe_bounds(page: Page, spec: Record) -> list[Block]:
    """Say that the headline has no bounds under violations of its assumption where another column's path has them."""
    about = {
        (take_text(f["estimator"]), take_text(f["specification"]))
        for f in list_findings(page.results, "honest")
        if has_spoken(f)
    }
    headline = (take_text(spec["estimator"]), take_text(spec["specification"]))
    others = [
        format_label(c)
        for c in list_specifications(page.results)
        if (take_text(c["estimator"]), take_text(c["specification"])) in about
    ]
    return (
        [build_paragraph(page.say("no_bounds", label=Listed(tuple(others), "comma")))]
        if others and headline not in about
        else []
    )
