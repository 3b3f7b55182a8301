"""A message as the author of another sentence for it sees it: plain text with places in braces."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fluent.syntax import ast
from fluent.syntax.serializer import serialize_expression

from twintrade.text.catalogue import find_catalogue

_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """What a sentence says and what it can put in."""

    sentence: str  # with its places in braces, in the form for many where there are several
    places: Mapping[str, str]  # how Fluent writes each place: a number as the message formats it

    def adopt(self, sentence: str) -> str:
        """Return another sentence with the same places as a pattern of Fluent; all else in it is plain text."""
        parts = enumerate(_PLACE.split(sentence))
        return "".join(f"{{ {self.places[p]} }}" if i % 2 else f'{{ "{_quote(p)}" }}' for i, p in parts)


def read_template(key: str) -> Template:
    """Return the message under a key of the catalogue in use as a template."""
    file, _, name = key.partition(".")
    entries = find_catalogue().parse(file)
    places: dict[str, str] = {}
    return Template(_write(entries[name].value, entries, places), places)


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\u000A")


def _write(pattern: ast.Pattern | None, entries: Mapping[str, ast.Message], places: dict[str, str]) -> str:
    parts = pattern.elements if pattern is not None else []
    return "".join(
        part.value if isinstance(part, ast.TextElement) else _put(part.expression, entries, places) for part in parts
    )


def _put(expression: object, entries: Mapping[str, ast.Message], places: dict[str, str]) -> str:
    """Return what stands for an expression, and note the places in it."""
    match expression:
        case ast.VariableReference():
            return _note(expression.id.name, expression, places)
        case ast.FunctionReference():
            named = next(a for a in expression.arguments.positional if isinstance(a, ast.VariableReference))
            return _note(named.id.name, expression, places)
        case ast.MessageReference():
            return _write(entries[expression.id.name].value, entries, places)
        case ast.SelectExpression():
            _put(expression.selector, entries, places)
            written = {variant.default: _write(variant.value, entries, places) for variant in expression.variants}
            return written[True] or written.get(False, "")
        case ast.StringLiteral():
            return str(expression.value)
    return ""


def _note(name: str, expression: ast.InlineExpression, places: dict[str, str]) -> str:
    if isinstance(expression, ast.FunctionReference) or name not in places:
        places[name] = serialize_expression(expression)
    return f"{{{name}}}"
