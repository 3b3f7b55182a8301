"""A short appendix: brief, contents, numbered sections, one table of checks that keeps every verdict."""

import io
import itertools
import re
from dataclasses import replace

import docx
import pandas as pd
import pytest
from case_tables import loop_over
from made_results import make_results

from twintrade.effects import Finding, build_findings_frame
from twintrade.render.appendix import build_appendix, build_document, open_page
from twintrade.render.blocks import (
    Absent,
    BulletList,
    Contents,
    Figure,
    Heading,
    Lead,
    PageBreak,
    Paragraph,
    Table,
    format_heading,
    list_exhibits,
)
from twintrade.render.brief.facts import collect_facts
from twintrade.render.exhibits import event_study, robustness, run, summary
from twintrade.render.page import Page
from twintrade.render.reading import count_verdicts, list_specifications, read_words
from twintrade.render.style import AppendixOptions, TableOptions
from twintrade.render.tables.effect_rows import build_effect_rows
from twintrade.render.writers.docx import render_docx
from twintrade.text import Listed, Text, numbers, pack_text

COLUMN = ("imputation", "gravity")


def variants(n):
    rows = [
        {"label": f"variant {i}", "group": "x", "effect": 0.1 * i, "low": -0.5, "high": 0.6, "p": 0.2,
         "difference": 0.01 * i}
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def judged(*checks, made=None):
    made = made or make_results(is_hostile=False)
    findings = [
        (
            Finding(diagnostic=name, verdict=verdict, text=f"{name} says so.", topic="sensitivity", **facts),
            column,
            keys,
        )
        for name, verdict, column, keys, facts in checks
    ]
    frames = {key: variants(int(key.removeprefix("v"))) for _, _, _, keys, _ in checks for key in keys}
    return replace(
        made,
        findings=build_findings_frame(findings),
        payloads={**made.payloads, **frames},
        payload_kinds={**made.payload_kinds, **dict.fromkeys(frames, "variants")},
    )


def table_of(results):
    blocks = robustness.build_exhibit(open_page(results, AppendixOptions()))
    (table,) = [b for b in blocks if isinstance(b, Table)]
    return blocks, table, [[cell.text for cell in row.cells] for row in table.rows]


@pytest.mark.usefixtures("unencoded")
def test_the_appendix_opens_with_the_brief_and_numbers_its_sections():
    blocks = build_appendix(open_page(make_results(), AppendixOptions()))
    kinds = [type(block) for block in blocks]
    begin = kinds.index(Contents)
    assert kinds.index(Lead) < begin
    assert kinds[begin - 1] is PageBreak
    sections = [b.number for b in blocks[begin:] if isinstance(b, Heading) and b.level == 2]
    assert sections == [f"A.{i}" for i in range(1, len(sections) + 1)]
    assert len(sections) > 4
    assert [e.number for e in list_exhibits(blocks) if isinstance(e, Table)] == list(
        range(1, sum(isinstance(e, Table) for e in list_exhibits(blocks)) + 1)
    )


@pytest.mark.usefixtures("unencoded")
def test_full_detail_draws_every_event_study_once_and_short_at_most_three():
    full, short = (
        list_exhibits(build_appendix(open_page(make_results(), AppendixOptions(detail=d)))) for d in ("full", "short")
    )
    figures = [e.key for e in short if isinstance(e, Figure) and e.key.startswith("event-")]
    assert figures == ["event-paths"]
    (path,) = [e for e in short if e.key == "event-paths"]
    assert 1 < path.frame["label"].nunique() <= 3
    columns = len(list_specifications(make_results()))
    paths, others = (e.frame["label"].nunique() for e in full if isinstance(e, Figure) and e.key.startswith("event-"))
    assert (paths, paths + others) == (path.frame["label"].nunique(), columns)


@loop_over("order", list(itertools.permutations(range(3))))
def test_every_judged_check_of_the_headline_stands_in_the_table_with_its_verdict(order):
    checks = [
        ("window", "does not object", COLUMN, (), {"value": 0.5, "unit": "p"}),
        ("dates", "objects", COLUMN, ("v2",), {}),
        ("anticipation", "cannot tell", COLUMN, (), {"bound": 0.4}),
    ]
    blocks, _, rows = table_of(judged(*(checks[i] for i in order)))
    verdicts = {row[0]: row[-1] for row in rows if row[-1]}
    assert verdicts == {"Window": "does not object", "Dates": "objects", "Anticipation": "cannot tell"}
    said = ["".join(s.text for s in item) for b in blocks if isinstance(b, BulletList) for item in b.items]
    assert said == ["Dates (Imputation, gravity effects): dates says so."]


def test_what_could_see_nothing_and_what_could_not_be_made_is_counted_nowhere():
    made = judged(
        ("window", "cannot tell", COLUMN, (), {"power": 0.376}),
        ("dates", "note", COLUMN, (), {"power": 0.031}),
        ("honest", "cannot tell", COLUMN, (), {"reason": "there is nothing"}),
        ("anticipation", "does not object", COLUMN, (), {}),
    )
    assert count_verdicts(made) == (0, 1, 1)
    _, table, rows = table_of(made)
    assert {row[0]: (row[-2], row[-1]) for row in rows if row[-1]} == {
        "Window": ("38", "cannot tell"),
        "Dates": ("3", "note"),
        "Anticipation": ("", "does not object"),
    }
    facts = collect_facts(open_page(made, AppendixOptions()))
    assert (facts.n_objecting, facts.n_cannot, facts.n_judged) == (0, 1, 2)
    assert "None of 2 checks" in str(summary.build_exhibit(open_page(made, AppendixOptions())))
    assert "would" in next(note for note in map(str, table.notes) if note.startswith("A bias above"))


def test_a_difference_stands_with_its_interval_where_it_has_one():
    made = judged(("window", "cannot tell", COLUMN, ("v3",), {}))
    ends = made.payloads["v3"].assign(difference_low=[-0.1, -0.1, None], difference_high=[0.1, 0.2, None])
    _, _, rows = table_of(replace(made, payloads={**made.payloads, "v3": ends}))
    shown = {row[0].strip(): row[3] for row in rows if "variant" in row[0]}
    assert shown == {"variant 1": "1.0 (−9.5 to 22.1)", "variant 2": "2.0"}


@pytest.mark.parametrize(("n_others", "n_shown"), [(0, 1), (2, 1)])
def test_the_table_of_checks_says_how_many_verdicts_it_leaves_to_the_file(n_others, n_shown):
    others = [("window", "cannot tell", ("twfe", f"two-way-{i}"), (), {}) for i in range(n_others)]
    _, table, _ = table_of(judged(("window", "cannot tell", COLUMN, (), {}), *others))
    said = [note for note in map(str, table.notes) if "checks have a verdict" in note]
    assert len(said) == bool(n_others)
    if said:
        begin = "3 checks have a verdict, notes not counted, for one column each."
        assert said[0].startswith(f"{begin} Shown are {n_shown} of them")


def test_a_check_of_another_column_stands_there_where_it_objects_or_is_the_only_one():
    other = ("twfe", "two-way")
    _, _, rows = table_of(
        judged(
            ("window", "cannot tell", COLUMN, (), {}),
            ("window", "cannot tell", other, (), {}),
            ("dates", "objects", other, (), {}),
            ("honest", "cannot tell", other, (), {}),
        )
    )
    names = [row[0] for row in rows if row[-1]]
    assert names[0] == "Window"
    assert len([n for n in names if n.startswith("Window")]) == 1
    assert any(n.startswith("Dates (") for n in names)
    assert any(n.startswith("Honest intervals (") for n in names)


def test_of_many_variants_the_farthest_are_named_and_the_others_counted_with_their_range():
    judged_checks = judged(("leave_one_out", "cannot tell", COLUMN, ("v9",), {}))
    (figure,) = [
        b for b in robustness.build_exhibit(open_page(judged_checks, AppendixOptions())) if isinstance(b, Figure)
    ]
    labels = [label.strip() for label in figure.frame["label"]]
    assert [label for label in labels if "variant" in label] == ["variant 6", "variant 7", "variant 8"]
    low, high = (numbers.format_fixed(numbers.convert_log_to_percent(0.1 * i), 1) for i in (1, 5))
    assert labels[-1] == f"5 others: {low} to {high}"  # variant 0 is the headline itself


def test_a_check_of_another_column_shows_the_row_that_its_differences_are_from():
    other = ("twfe", "two-way")
    _, _, rows = table_of(judged(("reference_year", "cannot tell", other, ("v9",), {})))
    named = {row[0].strip(): row[3] for row in rows if "variant" in row[0]}
    assert list(named) == ["variant 0", "variant 6", "variant 7", "variant 8"]
    assert named["variant 0"] == "0.0"


def test_a_bound_of_nothing_is_said_in_words():
    _, _, rows = table_of(judged(("comparison", "does not object", COLUMN, (), {"bound": 0.0})))
    assert [row[5] for row in rows if row[0] == "Comparison"] == ["none"]


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(("p", "is_said"), [(0.52, True), (0.38, False)])
def test_the_joint_test_of_leads_names_the_adjusted_p_of_the_check_where_it_differs(p, is_said):
    made = judged(("pretrends", "cannot tell", COLUMN, (), {"value": p, "unit": "p"}))
    made = replace(made, specifications=made.specifications.assign(pretrend_p=0.38))
    blocks = event_study.build_exhibit(open_page(made, AppendixOptions()))
    said = " ".join(span.text for b in blocks if isinstance(b, Paragraph) for span in b.spans)
    assert "gives p = 0.38." in said
    assert ("p = 0.52" in said) == is_said


def test_changes_are_those_of_the_results_in_percent():
    made = make_results(is_hostile=False)
    columns = [r for r in made.specifications.to_dict("records") if r["estimator"] == "ppml"][:1]
    rows = {
        row.cells[0].text: row.cells[1]
        for row in build_effect_rows(Page(made, tables=TableOptions("interval")), columns)
    }
    shown = rows["Change, percent"]
    ends = re.fullmatch(r"\[([−\d.]+) to ([−\d.]+)\]", shown.lines[1])
    bands = made.bands[(made.bands["estimator"] == "ppml") & (made.bands["kind"] == "overall")].iloc[0]
    for said, name in ((shown.lines[0], "effect"), (ends[1], "low"), (ends[2], "high")):
        expected = numbers.convert_log_to_percent(float(bands[name]))
        assert re.fullmatch(r"[−\d.]+", said)
        assert float(said.replace("−", "-")) == pytest.approx(expected, abs=0.051)


@pytest.mark.usefixtures("plain_pictures")
def test_word_lists_sections_by_name():
    document = build_document(make_results(is_hostile=False))
    file = docx.Document(io.BytesIO(render_docx(document)))
    fields = file.element.body.xpath(".//w:instrText/text()")
    assert fields == ['TOC \\o "2-2" \\h \\b appendix']
    marks = [(p.text, m.tag) for p in file.paragraphs for m in p._p.iterchildren() if "bookmark" in m.tag]
    assert [tag.rpartition("}")[2] for _, tag in marks] == ["bookmarkStart", "bookmarkEnd"]
    assert marks[0][0] == "Contents"  # behind the brief, whose headings are not listed
    shown = {p.text for p in file.paragraphs}
    assert {format_heading(b) for b in document.blocks if isinstance(b, Heading) and b.level == 2} <= shown


def test_a_sentence_that_another_version_said_stands_in_its_own_words():
    unknown = pack_text(Text("checks.said-by-another-version", n=3))
    unfilled = pack_text(Text("page.mean_size"))
    nested = pack_text(Listed((Text("page.summary"), Text("checks.said-by-another-version")), "sentences"))
    for packed in (unknown, unfilled, nested):
        assert read_words({"message": "Three were found.", "text": packed}, "message") == "Three were found."
    known = pack_text(Text("page.summary"))
    assert read_words({"message": "Three were found.", "text": known}, "message") == str(Text("page.summary"))


def test_a_page_without_estimates_says_nothing_of_columns_nor_of_rows_listed_elsewhere():
    made = make_results(is_hostile=False)
    manifest = {**made.manifest, "dropped_elsewhere": []}
    bare = replace(made, specifications=made.specifications.iloc[:0], manifest=manifest)
    page = open_page(bare, AppendixOptions())
    assert isinstance(run.build_assumptions(page), Absent)
    (table,) = [b for b in run.build_machine(page) if isinstance(b, Table)]
    assert not any("elsewhere" in row.cells[0].text for row in table.rows)
