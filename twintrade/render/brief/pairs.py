"""The treated pairs of the brief, each with its outcome and what was expected without an agreement."""

from twintrade.render.blocks import Block, Column, Table, build_row
from twintrade.render.brief.drawings import choose_power
from twintrade.render.brief.facts import Facts
from twintrade.render.citing import WORDS, build_cell, cite
from twintrade.render.reading import read_number, read_whole, take_text
from twintrade.text import Text, numbers

MOST_PAIRS = 14


def list_pairs(facts: Facts) -> list[Block]:
    """Return the treated pairs, the largest first, as a table; nothing where the headline has no totals."""
    pairs = facts.pairs
    if not pairs:
        return []
    unit = take_text(facts.periods[0]["unit"]) if facts.periods else ""
    power = choose_power(sorted(read_number(p["expected"]) for p in pairs)[len(pairs) // 2])
    scale = 10.0**power
    columns = (Column(), *(Column("right") for _ in range(5)))
    header = tuple(
        str(Text(f"brief.pairs-{name}", period_name=facts.page.period_name))
        for name in ("name", "since", "times", "observed", "expected", "difference")
    )
    rows = [
        build_row(
            take_text(p["name"]),
            build_cell(take_text(p["since"]), *cite(p, "since", form=WORDS)),
            build_cell(str(read_whole(p["n_periods"])), *cite(p, "n_periods")),
            *(
                build_cell(numbers.format_fixed(read_number(p[name]) / scale, 1), *cite(p, name, form=f"/{scale:g}"))
                for name in ("observed", "expected")
            ),
            build_cell(
                str(Text("brief.difference", value=read_number(p["difference"]) / scale)),
                *cite(p, "difference", form=f"/{scale:g}"),
            ),
        )
        for p in pairs[:MOST_PAIRS]
    ]
    note = Text("brief.pairs-note", power=power, unit=unit, period_name=facts.page.period_name)
    more = [str(Text("brief.pairs-more", n=len(pairs) - MOST_PAIRS))] if len(pairs) > MOST_PAIRS else []
    caption = str(Text("brief.pairs", n=len(pairs), outcome=facts.page.outcome))
    left = facts.n_rows_left_out
    few = [str(Text("brief.pairs-times-note", n=left, period_name=facts.page.period_name))] if left else []
    notes = (str(note), *few, *more)
    return [Table("brief-pairs", caption, columns, (build_row(*header).cells,), (tuple(rows),), notes)]
