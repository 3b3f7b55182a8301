"""Names, titles and files that would leave a mark if any part of the chain took them for code."""

import csv
import io
import re
import shutil
import subprocess
import unicodedata
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pypdf
import pytest
from black_box import command, write_project
from case_tables import loop_over

from twintrade.errors import DataError, SpecError
from twintrade.study.checking import check_analysis
from twintrade.study.execute import execute
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.store.locating import find_analyses

MARK = "MARK-WAS-LEFT"
"""A file of this name, anywhere, means that a payload ran."""

CITIES = {
    "Alder": f"$(touch {MARK})",
    "Birch": f"../../{MARK}",
    "Cedar": f'=HYPERLINK("file:///x","{MARK}")',
    "Elm": f"<script>open('{MARK}')</script><img src=x onerror=alert(1)>",
    "Hazel": rf"\immediate\write18{{touch {MARK}}}\input{{/etc/passwd}}",
    "Linden": f'#read("/etc/passwd") #let x = "{MARK}"; #panic("x")',
    "Maple": "@SUM(1+1)|' /C calc'!A0",
    "Rowan": f"`touch {MARK}`;touch {MARK}&&{{{{7+7}}}}{{% x %}}%s%n${{jndi:x}}",
}
PARTNER_CITIES = (
    "＝1+1",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "]]><svg/onload=alert(1)>",
    "$\\frac{x}{0}$ ~^_%&#{}",
    "אבג\u202egnp.exe",
    '" onmouseover="alert(1)" x="',
    "'); DROP TABLE ties;--",
)
TITLE = "<b>T</b> & $x_1$ \\textbf{y} #strong[z] {{title}}"
CONTROL = {"Cc", "Cf", "Cs"}
FORMULA = re.compile(r"\s*['\s]*[=+\-@＝＋－＠\t\r]")


def is_plain(text: str) -> bool:
    """Whether a terminal is told nothing but characters and line ends."""
    return not {c for c in text if unicodedata.category(c) in CONTROL and c != "\n"}


def hostile(folder: Path) -> Path:
    project = write_project(folder)
    for path in (project / "data" / "raw").iterdir():
        rows = list(csv.reader(path.read_text().splitlines()))
        place = rows[0].index("partner_city") if "partner_city" in rows[0] else None
        for i, row in enumerate(rows[1:]):
            row[0] = CITIES[row[0]]
            if place is not None:
                row[place] = PARTNER_CITIES[i]
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8")
    spec = project / "analyses" / "tiny.toml"
    title = TITLE.replace("\\", "\\\\")
    text = spec.read_text().replace('title = "Tiny"', f'title = "{title}"')
    text = text.replace('question = "', f'question = "{title} ')
    text = text.replace('limits = ["', f'limits = ["{title} ')
    text = text.replace('transform = "log"', f'transform = "log"\nlabel = "=1+1 {title}"')
    text += '\n[[diagnostic]]\nname = "leverage"\n[[diagnostic]]\nname = "raw_series"\n'
    spec.write_text(text, encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A project full of payloads, run once, and what the terminal was sent."""
    project = hostile(tmp_path_factory.mktemp("attacked") / "project")
    shown = {}
    for words in (("run",), ("check",), ("explain", "tiny"), ("list", "analyses"), ("verify",)):
        done = command(project, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        shown[words[0]] = done.stdout + done.stderr
    return project, shown


@pytest.fixture(scope="module")
def files(attacked) -> dict[str, bytes]:
    folder = attacked[0] / "results" / "tiny"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def harmless(finished) -> dict[str, bytes]:
    folder = finished / "results" / "tiny"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_no_payload_left_a_mark(attacked):
    assert not list(attacked[0].parent.rglob(MARK))
    assert not Path(MARK).exists()


def test_file_names_come_from_slugs(files):
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?", path) for path in files)


def test_the_terminal_is_sent_no_control_character(attacked):
    for name, text in attacked[1].items():
        assert is_plain(text), f"{name} sends {text!r}"


def elements(html: bytes) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()

    class Collector(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.add((tag, ""))
            found.update((tag, name) for name, _ in attrs)

    Collector().feed(html.decode("utf-8"))
    return found


def test_html_has_no_element_and_no_attribute_that_harmless_names_do_not_make(files, harmless):
    known = {("ul", ""), ("li", "")}
    for path, content in harmless.items():
        known |= elements(content) if path.endswith(".html") else set()
    for path, content in files.items():
        if path.endswith(".html"):
            extra = elements(content) - known
            assert not {
                e for e in extra if e[0] in ("script", "img", "b", "iframe", "object") or e[1].startswith("on")
            }
            assert b"<script>open(" not in content
            assert b'onmouseover="alert' not in content
            assert b"{{7+7}}" in content or b"7+7" not in content, "a template was filled in"


def test_svg_holds_text_only_as_text(files):
    for path, content in files.items():
        if path.endswith(".svg"):
            tree = ElementTree.fromstring(content)
            tags = {e.tag.rsplit("}", 1)[-1] for e in tree.iter()}
            assert not tags & {"script", "foreignObject", "image", "a"}, path
            for element in tree.iter():
                for name, value in element.attrib.items():
                    assert not name.rsplit("}", 1)[-1].startswith("on"), path
                    assert not name.endswith("href") or value.startswith("#"), path


def test_latex_has_no_command_from_a_name(files):
    commands = re.compile(r"\\(write18|immediate|input|include|openout|read|csname|catcode|frac)\b")
    for path, content in files.items():
        if path.endswith(".tex"):
            found = {m[0] for m in commands.finditer(content.decode("utf-8"))}
            assert not found - ({r"\input"} if path == "appendix.tex" else set()), path
            assert b"\\input{/etc" not in content


def test_typst_and_word_print_payloads_as_they_stand(files):
    pages = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(files["appendix.pdf"])).pages)
    squeezed = re.sub(r"\s|\u200b", "", pages)
    assert "#read(" in squeezed
    assert "root:x:" not in squeezed
    with zipfile.ZipFile(io.BytesIO(files["appendix.docx"])) as archive:
        body = archive.read("word/document.xml").decode()
        links = archive.read("word/_rels/document.xml.rels").decode()
    assert "instrText" not in re.sub(r"<w:instrText[^>]*>\s*(PAGE|NUMPAGES|SEQ|TOC|REF)[^<]*</w:instrText>", "", body)
    external = re.findall(r'Target="([^"]+)"[^>]*TargetMode="External"', links)
    assert all(target.startswith("https://") for target in external)


def test_the_workbook_holds_no_formula(files):
    with zipfile.ZipFile(io.BytesIO(files["tables/tables.xlsx"])) as archive:
        for name in archive.namelist():
            if "sheet" in name and name.endswith(".xml"):
                tags = {e.tag.rsplit("}", 1)[-1] for e in ElementTree.fromstring(archive.read(name)).iter()}
                assert "f" not in tags
                assert "hyperlink" not in tags


def test_no_cell_of_a_csv_file_is_a_live_formula(files):
    number = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|-?inf", re.IGNORECASE)
    n_cells = 0
    for path, content in files.items():
        if path.endswith(".csv"):
            for row in csv.reader(io.StringIO(content.decode("utf-8"), newline="")):
                for cell in row:
                    n_cells += 1
                    live = cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))
                    assert not live or number.fullmatch(cell), f"{path}: {cell!r}"
    assert n_cells > 10_000


def test_no_output_turns_its_text_around(files):
    for path, content in files.items():
        if path.endswith((".csv", ".html", ".tex", ".svg", ".json")):
            text = content.decode("utf-8")
            assert not re.search("[\u202a-\u202e\u2066-\u2069\u001b\u0007]", text), path


@pytest.mark.parametrize(
    ("name", "text"),
    [("\x1b]0;owned\x07Alder", "has a control character"), ("A\u202eb\x00c", "NUL"), ("x" * 5000, "too long")],
)
def test_a_city_with_control_characters_is_refused_without_repeating_them(tmp_path, name, text):
    project = write_project(tmp_path)
    trade = project / "data" / "raw" / "tiny_trade.csv"
    trade.write_text(trade.read_text().replace("Alder", name), encoding="utf-8")
    done = command(project, "run")
    told = done.stdout + done.stderr
    assert done.returncode == 3
    assert text in told
    assert is_plain(told)
    assert all(len(line) < 400 for line in told.splitlines())


@loop_over("character", ["\\u0000", "\\u001b]0;owned\\u0007", "\\u202e", "\\r", "\\u009b31m"])
@loop_over("line", ['title = "{}"', 'question = "a{}b"', '"{}" = 1', 'limits = ["fine", "{}"]'])
def test_control_characters_in_an_analysis_file_are_refused_without_repeating_them(character, line):
    with pytest.raises(SpecError, match="holds the control character U") as caught:
        parse_tables(line.format(character))
    assert is_plain(str(caught.value))


ANALYSIS_NAMES = (
    f"$(touch {MARK})",
    f"a;touch {MARK}",
    "a b",
    "-rf",
    "x\ny",
    "x\x1b[31m",
    "Ünder",
    "a.b",
    "con$x",
    "%s",
)


@pytest.mark.parametrize("name", ANALYSIS_NAMES, ids=range(len(ANALYSIS_NAMES)))
def test_an_analysis_file_with_a_wild_name_is_refused_by_name(tmp_path, name):
    (tmp_path / "analyses").mkdir()
    (tmp_path / "analyses" / f"{name}.toml").write_text("")
    for words in ([], [f"analyses/{name}.toml"], [name]):
        with pytest.raises(SpecError, match="is no name for an analysis") as caught:
            find_analyses(tmp_path, words)
        assert is_plain(str(caught.value))


def test_make_runs_no_name(tmp_path, root):
    (tmp_path / "analyses").mkdir()
    shutil.copy(root / "Makefile", tmp_path)
    for name in ANALYSIS_NAMES:
        file = tmp_path / "analyses" / f"{name}.toml"
        file.write_text("")
        subprocess.run(["make", "-s", "help"], cwd=tmp_path, capture_output=True, check=False, timeout=60)
        file.unlink()
    assert not list(tmp_path.rglob(MARK))


PATHS = (
    "../outside.csv",
    "data/raw/../../../outside.csv",
    "/etc/passwd",
    "link.csv",
    "folder/outside.csv",
    "TWINTRADE_DATA/../outside.csv",
    "TWINTRADE_DATA/link.csv",
    "C:/outside.csv",
    "file:///etc/passwd",
    "http://localhost/x.csv",
    "data/raw/\\u0000.csv",
    "~/x.csv",
    "$HOME/x.csv",
    "|touch x",
    "/dev/stdin",
    "folder",
    "folder/*.csv",
    "../*.csv",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_path_in_an_analysis_file_leads_out(tmp_path, monkeypatch, path):
    project = write_project(tmp_path / "project")
    secret = tmp_path / "outside.csv"
    secret.write_text((project / "data" / "raw" / "tiny_trade.csv").read_text())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for link, target in (
        (project / "link.csv", secret),
        (elsewhere / "link.csv", secret),
        (project / "folder", tmp_path),
    ):
        link.symlink_to(target)
    spec = project / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text().replace("data/raw/tiny_trade.csv", path))
    monkeypatch.setenv("TWINTRADE_DATA", str(elsewhere))
    expected = r"leads out|not a path|not there|is a folder|control character"
    with pytest.raises((DataError, SpecError), match=expected) as caught:
        check_analysis(project, "tiny", spec.read_text())
    assert str(tmp_path) not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


CODE = (
    "exports + 1",
    "np.log(exports)",
    "I(exports**2)",
    f"__import__('os').system('touch {MARK}')",
    "C(city)",
    "exports; x",
)


@pytest.mark.usefixtures("trade_is_read_once")
@loop_over("text", CODE)
@loop_over("key", ["outcome", "weights", "covariates", "fixed_effects", "without"])
def test_a_formula_in_an_analysis_file_is_no_column(project_text, key, text):
    folder, spec = project_text
    value = f'["{text}"]' if key in ("covariates", "without") else f'"{text}"'
    line = f"{key} = {value}"
    known = re.search(rf"^{key} = .*$", spec, re.MULTILINE)
    changed = spec.replace(known[0], line, 1) if known else spec.replace("[design]", f"[design]\n{line}", 1)
    outcome = execute(folder, "tiny", changed)
    assert outcome.code in ((3,) if key in ("covariates", "weights") else (1, 2)), outcome
    assert "fault of the program" not in outcome.text
    assert not list(folder.rglob(MARK))
    assert not Path(MARK).exists()


@pytest.fixture(scope="module")
def project_text(tmp_path_factory):
    folder = write_project(tmp_path_factory.mktemp("formulas"))
    return folder, (folder / "analyses" / "tiny.toml").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_compiling_with_shell_escape_runs_no_name(attacked, tmp_path, engine):
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    shutil.copytree(attacked[0] / "results" / "tiny", tmp_path / "tiny")
    words = [engine, "-shell-escape", "-interaction=nonstopmode", "appendix.tex"]
    done = subprocess.run(words, cwd=tmp_path / "tiny", capture_output=True, check=False, timeout=300)
    assert b"root:x:" not in done.stdout
    assert not list(tmp_path.rglob(MARK))


def test_the_readme_of_the_package_prints_hostile_titles_as_text(attacked):
    done = command(attacked[0], "replication-readme")
    assert done.returncode == 0, done.stderr
    assert is_plain(done.stdout)
    assert "<b>" not in done.stdout
    assert "&lt;b&gt;T&lt;/b&gt; & \\$x\\_1\\$" in done.stdout
