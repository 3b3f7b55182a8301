"""Every visible sentence has one home, the catalogue; code names it and gives the values it asks for."""

import ast
import re
from collections import Counter
from functools import cache
from importlib.resources import files

import pytest
from fluent.runtime import FluentResource
from fluent.syntax import ast as fluent
from fluent.syntax.visitor import Visitor

# English that still stands in code, literals by room; a room is done at nought. Errors of a programmer or of an
# analysis file, which no page prints, may stay where they are raised.
LEFT: dict[str, int] = {}


class Names(Visitor):
    """Names of the values that a message puts in."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.used: set[str] = set()

    def visit_VariableReference(self, node):
        self.found.add(node.id.name)

    def visit_MessageReference(self, node):
        self.used.add(node.id.name)


def list_files():
    """The files of messages; documents lie beside them in a folder of their own."""
    return [file for file in (files("twintrade.text") / "en").iterdir() if file.name.endswith(".ftl")]


@cache
def read_messages() -> dict[str, Names]:
    """Every message of the English catalogue by key, with what it names."""
    messages = {}
    for file in sorted(list_files(), key=lambda f: (f.name != "common.ftl", f.name)):
        source = file.read_text(encoding="utf-8")
        for entry in FluentResource(source).body:
            assert not isinstance(entry, fluent.Junk), f"{file.name}: {entry.content[:80]}"
            if isinstance(entry, fluent.Message):
                names = Names()
                names.visit(entry)
                key = f"{file.name.removesuffix('.ftl')}.{entry.id.name}"
                assert key not in messages, f"{key} stands twice"
                assert f"common.{entry.id.name}" not in messages, f"{key} stands in common.ftl too"
                messages[key] = names
    return messages


def find_entry(name: str, file: str) -> str:
    """Key of a message that another one uses: of the same file, else one of those for all."""
    return next(key for key in (f"{file}.{name}", f"common.{name}") if key in read_messages())


def list_values(key: str) -> set[str]:
    """Names of the values that a message needs, those of the messages it uses among them."""
    file = key.partition(".")[0]
    names = read_messages()[key]
    return names.found.union(*(list_values(find_entry(name, file)) for name in names.used))


@cache
def list_messages() -> dict[str, set[str]]:
    """Every message by key, with the values that it needs."""
    return {key: list_values(key) for key in read_messages()}


def list_used() -> set[str]:
    """Keys of messages that another one uses."""
    messages = read_messages().items()
    return {find_entry(name, key.partition(".")[0]) for key, names in messages for name in names.used}


def test_no_file_says_again_what_all_files_share():
    shared = {key.partition(".")[2] for key in read_messages() if key.startswith("common.")}
    assert [k for k in read_messages() if not k.startswith("common.") and k.partition(".")[2] in shared] == []


def list_constants(node: ast.AST) -> list[str]:
    """The literal keys that an expression may be: one, or those of the branches of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return list_constants(node.body) + list_constants(node.orelse)
    return []


def list_calls(module) -> list[tuple[str, ast.Call]]:
    """Calls that name a message, each with the file that is meant: a page says those of page.ftl."""
    files = {"Text": "", "say": "page."}
    called = [
        (n, n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, "id", ""))
        for n in module.nodes
        if isinstance(n, ast.Call) and n.args
    ]
    return [(files[name], call) for call, name in called if name in files]


def test_every_text_is_a_message_that_is_given_its_values(modules):
    wrong = []
    for module in modules:
        for file, call in list_calls(module):
            given = {k.arg for k in call.keywords}
            for key in (file + name for name in list_constants(call.args[0])):
                if key not in list_messages():
                    wrong.append(f"{module.at(call)}: no message {key}")
                elif None not in given and not given >= list_messages()[key]:
                    wrong.append(f"{module.at(call)}: {key} needs {sorted(list_messages()[key] - given)}")
    assert wrong == []


def test_every_message_is_said_somewhere(modules):
    """By its whole key, by a key that begins as a literal does, or by its name in page.ftl."""
    literals = {n.value for m in modules for n in m.nodes if isinstance(n, ast.Constant)}
    starts = {
        str(n.values[0].value)
        for m in modules
        for n in m.nodes
        if isinstance(n, ast.JoinedStr) and isinstance(n.values[0], ast.Constant)
    }
    starts |= {v for v in literals if isinstance(v, str) and re.fullmatch(r"[a-z]+\.[a-z_-]*-", v)}
    exact = tuple(s for s in starts if re.fullmatch(r"[a-z]+\.[a-z_-]*", s))
    loose = tuple(s for s in starts if re.fullmatch(r"[a-z]+_", s))
    names = {key: key.removeprefix("page.") for key in list_messages()}
    said = {
        key
        for key, name in names.items()
        if key in literals
        or key.startswith((*exact, "lists."))
        or (key != name and (name in literals or name.startswith(loose)))
    }
    assert set(list_messages()) - said - list_used() == set()


DOCUMENTED = {
    "typer.Typer": ("help", "epilog"),
    "typer.Option": ("help",),
    "typer.Argument": ("help",),
    "Field": ("description",),
}
"""What documents a command or a key of the analysis file where it is declared, as a docstring does."""
PLACES = ("loc", "textcoords", "xycoords")
"""Options of matplotlib that take several words."""
MARKUP = re.compile(
    r"</?[a-z!][^>]*>"  # HTML
    r"|[a-z]+-(?:src|uri|action) |@media.*"  # a content policy, CSS
    r"|\\[a-zA-Z]+(?:\[[^\]]*\])?|\d+pt plus|^%.*"  # LaTeX and its comments
    r"|(?:SELECT|JOIN|WITH) [\s\S]*",  # SQL
    re.MULTILINE,
)


@cache
def list_english(tree: ast.AST) -> list[ast.AST]:
    """Literals of several words: no documentation, nothing raised, no key of a mapping, no markup."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")):
            quiet |= {id(part) for part in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            quiet.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            quiet |= {id(part) for value in node.values for part in ast.walk(value)}
        elif isinstance(node, ast.Dict):
            quiet |= {id(key) for key in node.keys}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in DOCUMENTED:
            told = DOCUMENTED[ast.unparse(node.func)]
            quiet |= {id(part) for k in node.keywords if k.arg in told for part in ast.walk(k.value)}
        elif isinstance(node, ast.keyword) and node.arg in PLACES:
            quiet |= {id(part) for part in ast.walk(node.value)}
    return [
        node
        for node in ast.walk(tree)
        if id(node) not in quiet
        and (isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)))
        and re.search(r"[a-z]{2,} [a-z{]|^[A-Z][a-z]+ \{", MARKUP.sub("", write_literal(node)))
    ]


def write_literal(node: ast.AST) -> str:
    """What a literal says, with {} for each value."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return str(node.value)


@pytest.mark.parametrize(
    "line",
    [
        'x = "two words"',
        'typer.Option("two words")',
        'Field(title="two words")',
        'f(f"{n} rows left")',
        'f(f"Of {n} units: {roles}.")',
        'y = {"a": "is not known"}',
        'x = "<p>two words</p>"',
    ],
)
def test_the_count_sees_english(line):
    assert list_english(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    [
        'raise ValueError("two words")',
        '"""Two words."""',
        'Text("checks.two-words")',
        'x = {"two words": 1}',
        'x = typer.Option("--all", help="Two words.")',
        'x: int = Field(description="two words")',
        'legend(loc="outside lower center")',
        """x = '<p class="note" role="note">{}</p>'""",
        r'x = "\\begin{tabular}"',
        'x = f"SELECT {key} AS number FROM cells"',
    ],
)
def test_the_count_lets_keys_documentation_errors_and_markup_pass(line):
    assert not list_english(ast.parse(line))


METHODS = {"estimators", "inference", "diagnostics", "sources"}


def is_plain_method(module) -> bool:
    """Whether a file defines a method and names no message: a stranger's, who says its words in plain strings."""
    named = [
        node
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.AnnAssign) and ast.unparse(part.target) == "name" for part in node.body)
    ]
    return module.room in METHODS and bool(named) and not list_calls(module)


@pytest.mark.parametrize(("title", "is_plain"), [('"Simple contrast"', True), ('Text("estimators.given")', False)])
def test_a_method_speaks_plainly_or_by_the_catalogue_and_not_both(modules, title, is_plain):
    code = f'class Mine(Estimator):\n    name: ClassVar[str] = "mine"\n    title = {title}\n'
    assert (
        is_plain_method(type(modules[0])("estimators/mine.py", "", "estimators", code, ast.parse(code))) is is_plain
    )
    assert not is_plain_method(type(modules[0])("study/mine.py", "", "study", code, ast.parse(code)))


def list_codes(modules) -> set[str]:
    """Values of literal types: codes, whatever words they are made of."""
    return {
        part.value
        for m in modules
        for node in m.nodes
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"
        for part in ast.walk(node.slice)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def test_no_more_english_stands_in_code_than_before(modules):
    codes = list_codes(modules)
    speaking = [m for m in modules if not is_plain_method(m)]
    counts = Counter(m.room for m in speaking for node in list_english(m.tree) if write_literal(node) not in codes)
    more = {room: n for room, n in counts.items() if n > LEFT.get(room, 0)}
    assert more == {}, "move these sentences into twintrade/text/en"
