"""A finding is printed where its topic says, whatever its name and its sentence are."""

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from made_results import make_results

from twintrade.effects import Finding, ResultSet, build_findings_frame
from twintrade.render import appendix
from twintrade.render.blocks import BulletList, Figure, FigureRow, Heading, Table
from twintrade.render.style import AppendixOptions

pytestmark = pytest.mark.usefixtures("unencoded")


TOPICS = ("sensitivity", "single_case", "descriptives", "margins")
"""Exhibits of the checks of a topic, for tests that look at their sections alone."""


def build_appendix(results: ResultSet, exhibits: tuple[str, ...] = AppendixOptions().exhibits) -> tuple[object, ...]:
    return appendix.build_appendix(appendix.open_page(results, AppendixOptions(detail="full", exhibits=exhibits)))


def shape(results: ResultSet) -> list[object]:
    """The page without its sentences: headings, figures and tables by name, the checks each list names."""
    found: list[object] = []
    for block in build_appendix(results):
        if isinstance(block, BulletList):
            lines = ("".join(str(getattr(s, "text", s)) for s in item) for item in block.items)
            found.append(sorted({line.partition(":")[0] for line in lines}))
        elif isinstance(block, Heading | Figure | Table):
            found.append(block.key)
        if isinstance(block, Table) and block.key == "findings":
            found.append([tuple(cell.text for cell in row.cells[:3]) for group in block.groups for row in group])
    return found


@cache
def shape_of_made() -> list[object]:
    return shape(make_results(is_hostile=False))


def told(topic: str, name: str = "twfe_weights", **facts: object) -> ResultSet:
    made = make_results(is_hostile=False)
    finding = Finding(diagnostic=name, verdict="informs", text="Told.", topic=topic, **facts)
    return replace(made, findings=build_findings_frame([(finding, ("ppml", "gravity"), ("placebo",))]))


def section(blocks: list[object], key: str) -> list[object]:
    start = next((i for i, b in enumerate(blocks) if isinstance(b, Heading) and b.key == key), None)
    if start is None:
        return []
    rest = blocks[start + 1 :]
    end = next((i for i, b in enumerate(rest) if isinstance(b, Heading) and b.level <= 2), len(rest))
    return list(rest[:end])


def test_other_sentences_leave_the_page_as_it_is():
    made = make_results(is_hostile=False)
    nonsense = ("Xyzzy.", "Not available because of weights, breaks and donors.")
    other = replace(made, findings=made.findings.assign(sentence=[f"{nonsense[i % 2]} {i}" for i in range(5)]))
    assert shape(other) == shape_of_made()


@pytest.mark.parametrize(
    ("topic", "name"),
    [("sensitivity", "twfe_weights"), ("sensitivity", "known_shocks"), ("single_case", "nobody_knows"),
     ("margins", "placebo_of_a_break")],
)  # fmt: skip
def test_a_check_and_its_payload_stand_under_its_topic(topic, name):
    blocks, key = list(build_appendix(told(topic, name), TOPICS)), topic.replace("_", "-")
    inside = section(blocks, key)
    assert any(isinstance(b, BulletList) for b in inside)
    assert any(isinstance(b, Figure) for b in inside)
    others = {"sensitivity", "single-case", "descriptives", "margins"} - {key}
    assert all(section(blocks, other) == [] for other in others)


def test_a_topic_without_a_check_that_could_be_made_is_left_out_with_its_reason():
    lacking, made = (
        list(build_appendix(replace(told("margins", reason=reason), payloads={}), TOPICS))
        for reason in ("the panel is short", "")
    )
    assert section(lacking, "margins") == []
    assert section(made, "margins") != []


def test_a_payload_of_no_check_is_no_topic_s():
    made = make_results(is_hostile=False)
    more = {**made.payloads, "conversions_of_weights": made.payloads["forest"]}
    assert shape(replace(made, payloads=more)) == shape_of_made()


def test_variants_of_every_column_stand_once_in_the_table_of_checks_or_in_figures_of_their_own():
    table = pd.DataFrame(
        {"label": ["a", "b"], "group": "x", "effect": [0.1, 0.3], "low": 0.0, "high": 0.5, "p": 0.2,
         "difference": [0.0, 0.2], "difference_low": -0.1, "difference_high": 0.4, "difference_p": 0.3}
    )  # fmt: skip
    made = make_results(is_hostile=False)
    findings = [
        (Finding(diagnostic=n, verdict=verdict, text="Told.", topic="sensitivity", payloads={n: table}), column, (n,))
        for n, column, verdict in (
            ("window", ("ppml", "gravity"), "cannot tell"),
            ("dates", ("imputation", "gravity"), "does not object"),
            ("anticipation", ("twfe", "gravity"), "cannot tell"),
            ("comparison", ("ppml", "gravity"), "informs"),
        )
    ]
    names = ("window", "dates", "anticipation", "comparison")
    results = replace(
        made,
        findings=build_findings_frame(findings),
        payloads={**made.payloads, **dict.fromkeys(names, table)},
        payload_kinds={**made.payload_kinds, **dict.fromkeys(names, "variants")},
    )
    blocks = section(list(build_appendix(results, TOPICS)), "sensitivity")
    (checks,) = [b for b in blocks if isinstance(b, Table)]
    named = [row.cells[0].text.strip() for row in checks.rows]
    assert [n for n in named if n in ("a", "b")] == ["a", "b", "b", "a", "b"]  # the headline itself is no variant
    assert [b.key for b in blocks if isinstance(b, Figure) and b.key in names] == ["comparison"]


def test_half_as_wide_figures_stand_in_pairs_and_the_last_of_an_odd_number_alone():
    made = make_results(is_hostile=False)
    path = pd.DataFrame({"series": ["x"] * 3, "period": [1, 2, 3], "value": [1.0, 2.0, 3.0]})
    names = [f"estimators-{i}" for i in range(3)]
    findings = [
        (Finding(diagnostic="estimators", verdict="cannot tell", text=n, topic="sensitivity"), ("ppml", n), (n,))
        for n in names
    ]
    results = replace(
        made,
        findings=build_findings_frame(findings),
        payloads={**made.payloads, **dict.fromkeys(names, path)},
        payload_kinds={**made.payload_kinds, **dict.fromkeys(names, "path")},
    )
    blocks = section(list(build_appendix(results, TOPICS)), "sensitivity")
    assert [[f.key for f in b.figures] for b in blocks if isinstance(b, FigureRow)] == [names[:2]]
    assert [b.key for b in blocks if isinstance(b, Figure) and b.key in names] == names[2:]
