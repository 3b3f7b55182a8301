"""One word for the thing, an agreement, and one for its state, treated: the old words are in no sentence."""

import ast
import re

import pytest

BANNED = (
    r"\b(?:un)?tied\b",
    r"\b(?:a|an|the|each|every|no|any|first|later|one|undated|recorded|placebo) tie\b",
    r"\bties (?:of|between|that|without|whose|with|in force|have|as)\b",
    r"\b(?:is|are|was|were|what is) told\b",
    r"\bnot to be had\b",
    r"\b(?:takes?|taking|took) no part\b",
    r"\bis no objection\b",
    r"\bmends?\b",
)


def list_banned(text: str) -> list[str]:
    """Return the banned words of a text; one that is a single name, such as a column's, is no sentence."""
    if re.fullmatch(r"[\w-]*", text):
        return []
    return [m[0] for pattern in BANNED for m in re.finditer(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("sentence", ["2 units are tied", "Without the tie", "an effect is not to be had", "Mend it"])
def test_the_list_knows_the_old_words(sentence):
    assert list_banned(sentence)


def test_no_string_uses_a_banned_word(modules):
    found = [
        f"{module.at(node)}: {word}"
        for module in modules
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in list_banned(node.value)
    ]
    assert found == []


def test_no_page_and_no_analysis_uses_a_banned_word(written):
    """Measurements in docs/lab quote what was printed at their time."""
    read = re.compile(
        r"README\.md|docs/[^/]*\.md|twintrade/text/.*\.ftl|analyses/.*\.toml|twintrade/study/claims\.toml"
    )
    quoted = re.compile(r'```.*?```|`[^`\n]*`|"no Australian tie found"|^[\w-]+ = ', re.DOTALL | re.MULTILINE)
    found = [
        f"{path}: {word}"
        for path, text in written.items()
        if read.fullmatch(path)
        for word in list_banned(quoted.sub("", text))
    ]
    assert found == []
