"""Nothing is decided by reading a sentence: sentences are for readers, and what code asks of them is a field."""

import ast

import pytest

# The data room reads files that people wrote, and writers lay out text letter by letter.
READERS = ("twintrade.data", "twintrade.study.spec", "twintrade.render.writers", "twintrade.render.figures")
SPLITTING = {"split", "rsplit", "partition", "rpartition"}
TESTS = SPLITTING | {"startswith", "endswith", "match", "search", "fullmatch", "findall", "contains"}
PROSE = {"sentence", "sentences", "reason", "reasons"}
STOPS = {".", "!", "?", "; "}


def list_words(node: ast.AST) -> set[str]:
    """Names, fields and keys that an expression is made of."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
    return found


def list_literals(node: ast.AST) -> list[str]:
    return [p.value for p in ast.walk(node) if isinstance(p, ast.Constant) and isinstance(p.value, str)]


def find_string_tests(tree: ast.AST) -> list[tuple[ast.AST, ast.AST, list[str]]]:
    """Every place that looks into a text: the node, the text, and the literals looked for."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            left, right = node.left, node.comparators[0]
            if isinstance(left, ast.Constant) and isinstance(right, ast.Name | ast.Subscript | ast.Call):
                found.append((node, right, list_literals(left)))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in TESTS
            and node.args
        ):
            searched = [node.func.value, *node.args[1:]]
            found += [(node, text, [w for a in node.args[:1] for w in list_literals(a)]) for text in searched]
    return found


def list_readings(tree: ast.AST) -> list[ast.AST]:
    """Places where prose is read: a sentence or reason is looked into, or words are looked for in any text."""
    return [
        node
        for node, text, literals in find_string_tests(tree)
        if (PROSE & list_words(text) and not (literals and set(literals) <= STOPS))
        or any(len(literal.split()) > 1 for literal in literals)
    ]


@pytest.mark.parametrize(
    "line",
    [
        '" above what " in sentence',
        'take_text(finding["sentence"]).startswith("Not available")',
        'int(reason.rsplit(" ", 1)[1])',
        'why.startswith("all-zero level of effect")',
        're.search("p = ", found.sentence)',
        '"overturns" in record["sentence"]',
    ],
)
def test_the_test_sees_prose_that_is_read(line):
    assert list_readings(ast.parse(line))


@pytest.mark.parametrize(
    "line", ['sentence.endswith(".")', 'label.startswith("from")', '"dyad" in frame', 'row["reason"] == ""']
)
def test_the_test_lets_stops_and_codes_pass(line):
    assert not list_readings(ast.parse(line))


def test_no_sentence_is_read_back(modules):
    read = [
        f"{m.at(node)} {ast.unparse(node)}"
        for m in modules
        if not m.name.startswith(READERS)
        for node in list_readings(m.tree)
    ]
    assert read == []
