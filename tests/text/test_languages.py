"""What another language says is what English says: the same values and numbers, and amounts in its own words."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from case_tables import loop_over
from fluent.runtime import FluentResource
from fluent.syntax import ast
from fluent.syntax.visitor import Visitor

from twintrade.study.spec.recipes import Label
from twintrade.text import (
    LOCALES,
    Catalogue,
    Listed,
    Text,
    choose_language,
    find_catalogue,
    find_choice,
    load_catalogue,
    name_fact,
    use_catalogue,
    use_language,
)
from twintrade.text.texts import format_quantity, format_tick

TRANSLATED = sorted(set(LOCALES.values()) - {"en"})
FILES = sorted(f.name for f in (files("twintrade.text") / "en").iterdir() if f.name.endswith(".ftl"))
FORMS = {"units", "period_name"}
"""Values that are words of English, and no more than choose words elsewhere."""


class Uses(Visitor):
    """Values that a message puts in, and functions with their options; not those that it only selects on."""

    def __init__(self):
        self.values: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.printed: set[str] = set()
        self.terms: set[str] = set()

    def visit_VariableReference(self, node):
        self.values.add(node.id.name)

    def visit_Placeable(self, node):
        if isinstance(node.expression, ast.VariableReference):
            self.printed.add(node.expression.id.name)
        self.generic_visit(node)

    def visit_FunctionReference(self, node):
        given = [a.id.name if isinstance(a, ast.VariableReference) else "" for a in node.arguments.positional]
        options = sorted(f"{o.name.name}: {o.value.value}" for o in node.arguments.named)
        self.calls[f"{node.id.name}({', '.join([*given, *options])})"] += 1
        self.generic_visit(node)

    def visit_MessageReference(self, node):
        self.terms.add(node.id.name)


def list_names(folder: str, ending: str = "") -> list[str]:
    return [f.name for f in (files("twintrade.text") / folder).iterdir() if f.name.endswith(ending)]


def read_entries(folder: str, file: str) -> dict[str, Uses]:
    source = (files("twintrade.text") / folder / file).read_text(encoding="utf-8")
    entries = {}
    for entry in FluentResource(source).body:
        assert not isinstance(entry, ast.Junk), f"{folder}/{file}: {entry.content[:80]}"
        if isinstance(entry, ast.Message | ast.Term):
            name = ("-" if isinstance(entry, ast.Term) else "") + entry.id.name
            assert name not in entries, f"{folder}/{file}: {name} stands twice"
            entries[name] = Uses()
            entries[name].visit(entry)
    return entries


def read_usable(folder: str, file: str) -> dict[str, Uses]:
    """What a file can use by its name: its own messages and those of all files."""
    return read_entries(folder, "common.ftl") | read_entries(folder, file)


def collect_uses(name: str, entries: dict[str, Uses]) -> Uses:
    """What a message says by itself and by the messages that it uses."""
    whole = Uses()
    for one in (entries[name], *(collect_uses(term, entries) for term in entries[name].terms)):
        whole.values |= one.values
        whole.printed |= one.printed
        whole.calls += one.calls
    return whole


@pytest.mark.parametrize("folder", TRANSLATED)
def test_a_language_has_no_message_that_english_has_not(folder):
    """Those that it lacks are said in English; a release waits for them (.ci/release.py)."""
    spelled = re.compile(
        r"labels\.(?:base|by|check|column|date|dimension|field|inference|level|machine|method|restriction|scale|series|statistic|status|type|verdict)-.+|page\.payload_\w+|(?:proof|spec|study)\.head-.+"
    )
    for file in list_names(folder, ".ftl"):
        further = set(read_entries(folder, file)) - set(read_entries("en", file))
        assert [name for name in further if not spelled.fullmatch(file.replace("ftl", name))] == [], file


@pytest.mark.parametrize("folder", TRANSLATED)
def test_a_language_names_no_column_that_no_code_has(folder):
    """English heads that are the name of their column have no message, so only the code says whether there is one."""
    code = "".join(file.read_text(encoding="utf-8") for file in Path(str(files("twintrade"))).rglob("*.py"))
    names = [name.partition("-")[2] for name in read_entries(folder, "labels.ftl") if re.match(r"column-\w+$", name)]
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []


@pytest.mark.parametrize("folder", TRANSLATED)
def test_a_language_has_no_document_that_english_has_not(folder):
    assert set(list_names(f"{folder}/documents")) <= set(list_names("en/documents"))


@loop_over("folder", TRANSLATED)
@loop_over("file", FILES)
def test_a_message_puts_in_the_same_values_and_writes_numbers_as_english_does(folder, file):
    english, wrong = read_usable("en", file), []
    own = english | (read_usable(folder, file) if file in list_names(folder) else {})
    for name in read_entries("en", file):
        asked, uses = collect_uses(name, english), collect_uses(name, own)
        unknown = uses.values - asked.values
        missing = (asked.printed - FORMS) - uses.values
        if unknown or missing or set(uses.calls) != set(asked.calls):
            wrong.append((name, unknown, missing, set(uses.calls) ^ set(asked.calls)))
    assert wrong == []


@pytest.fixture
def lacking() -> Catalogue:
    """Chinese without a message that others use, without one of a file's own, and without one that is no sentence."""
    lost = re.compile(r"^(?:treated|comma|unreadable) =.*\n(?:[ }].*\n|\n)*", re.MULTILINE)
    return Catalogue("zh-CN", lambda source: lost.sub("", source))


def whole_values(name: str) -> set[str]:
    return collect_uses(name, read_usable("en", "checks.ftl")).values


def test_a_message_that_a_language_lacks_is_english_behind_a_mark(lacking):
    whole = load_catalogue("zh-CN")
    assert lacking.put("study.unreadable", {}) == "[en] " + load_catalogue("en-GB").put("study.unreadable", {})
    assert lacking.put("study.unreadable", {}) != whole.put("study.unreadable", {})
    assert lacking.borrowed == {"study.unreadable"}
    assert lacking.put("study.no-folder", {"folder": "x"}) == whole.put("study.no-folder", {"folder": "x"})
    assert lacking.put("common.treated", {"n": 1, "unit": "pair", "units": "pairs"}) == "[en] 1 treated pair"
    with use_catalogue(lacking):
        using = str(Text("checks.concentration", **dict.fromkeys(whole_values("concentration"), 2)))
    assert using.startswith("[en] 2 treated ")
    assert "的总额变化" in using
    assert lacking.join(["a", "b"], "comma") == "a, b"
    assert lacking.list_keys("study") == whole.list_keys("study")
    assert lacking.has("study.unreadable")
    assert not lacking.has("study.no-such-message")
    assert "unreadable" in lacking.parse("study")


def test_american_spelling_keeps_keys_and_values():
    british, american = Catalogue("en-GB"), Catalogue("en-US")
    for file in (name.removesuffix(".ftl") for name in FILES):
        assert american.list_keys(file) == british.list_keys(file)
    assert american.put("figures.shock", {"shock": "Greytown"}) == "Greytown (gray)"
    assert british.put("figures.shock", {"shock": "Greytown"}) == "Greytown (grey)"


@loop_over(
    ("amount", "english", "chinese"),
    [
        (1.236e9, "1.24 billion US dollars", "12.4亿美元"),
        (-1.2361e7, "−12.4 million US dollars", "−1,240万美元"),
        (3.5e12, "3.50 trillion US dollars", "3.50万亿美元"),
        (345_679, "345,679 US dollars", "345,679美元"),
        (99_960_000, "100 million US dollars", "1.00亿美元"),
    ],
)
def test_money_is_counted_as_the_language_counts(amount, english, chinese):
    assert format_quantity(amount, "US dollars") == english
    with use_language("zh-CN"):
        assert format_quantity(amount, "US dollars") == chinese


def test_ticks_and_lists_follow_the_language():
    with use_language("zh-CN"):
        assert [format_tick(v) for v in (2e5, 5e6, 2.5e8)] == ["200,000", "500万", "2.5亿"]
        assert str(Listed(("a", "b", "c"))) == "a、b和c"
    assert [format_tick(v) for v in (2e5, 5e6, 2.5e8)] == ["200,000", "5 m", "250 m"]


def test_a_name_of_the_data_is_said_in_the_language_where_it_is_known():
    with use_language("zh-CN"):
        assert str(Text("common.named", name="exports", value="Xanadu")).startswith("出口")
        assert "Xanadu" in str(Text("common.named", name="exports", value="Xanadu"))


def test_a_chosen_language_lasts_for_a_block():
    with choose_language("zh-CN"):
        assert find_choice() == "zh-CN"
        with use_language("en-GB"):
            assert find_choice() == "zh-CN"
    assert find_choice() == ""


def test_a_file_calls_columns_as_a_page_does():
    """What presets and a file that ``init`` writes call a column is what an English page calls it."""
    labels = [*get_args(Label), *re.findall('(?m)^label = "(.+)"', find_catalogue().read("design_many.toml"))]
    assert len(labels) > len(get_args(Label))
    with use_language("en-GB"):
        assert [name_fact("labels.column-named-", label, "") for label in labels] == labels


@pytest.mark.parametrize("language", sorted(LOCALES))
def test_two_averages_of_percent_effects_have_two_names(language):
    """The row average of log ratios and the average of own changes have one name each, on every page."""
    with use_language(language):
        name = str(Text("page.target_average_unit")).removeprefix("the ")
        column = str(Text("labels.column-named-Poisson-imputation-row-average-of-log-ratios"))
        values = {"totals": 1.0, "average": 30.2, "log": 2.0, "n": 5, "used": 5, "zero": 0, "by": "rows"}
        said = str(Text("checks.percent", units="dyad", **values))
        labels = [str(Text(f"checks.percent-{one}-label")) for one in ("totals", "average-ratio", "log-ratio")]
    assert name in column
    assert name == labels[2]
    assert len(set(labels)) == 3
    assert all(said.lower().count(label) == 1 for label in labels)


def test_the_language_of_the_page_on_contributing_says_what_it_has(root, tmp_path, monkeypatch):
    """Esperanto with two files: its own words, and English behind a mark for all else."""
    page = (root / "docs" / "contributing" / "language.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"`twintrade/text/eo/(\w+\.ftl)`.*?^```text\n(.*?)^```", page, re.M | re.S):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setitem(LOCALES, "eo", str(tmp_path))
    with use_catalogue(Catalogue("eo")):
        assert str(Text("page.document_title", title="X")) == "X: statistika apendico"
        assert str(Text("page.claims")) == "[en] Claims ledger"
        assert str(Listed(("a", "b", "c"))) == "a, b kaj c"
        assert str(Listed(("a", "b"), "semicolon")) == "a; b"
        assert format_quantity(1.236e9, "US dollars") == "1.24 billion US dollars"
        assert find_catalogue().read("guide.md").startswith("#")
