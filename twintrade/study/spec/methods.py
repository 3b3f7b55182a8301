"""A method made from its name and its options, with every unknown or ill-typed option reported in words."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from twintrade.design.words import suggest_word
from twintrade.errors import SpecError, TwintradeError
from twintrade.methods import Registry
from twintrade.renamed import find_renamed, replace_keys
from twintrade.study.spec.spec_faults import suggest_choice
from twintrade.text import Listed, Text

T = TypeVar("T")

_PLAIN = {
    str: Text("spec.type-text"),
    int: Text("spec.type-whole"),
    float: Text("spec.type-number"),
    bool: Text("spec.type-truth"),
}
_TABLE = Text("spec.type-table")
_COUNTS = ("draws", "n_draws", "max_draws", "simulations")
"""Options that count something, of which there is at least one."""


def build_method(
    registry: Registry[T], name: str, options: Mapping[str, Any], where: str, further: tuple[str, ...] = ()
) -> T:
    """Return a method of a registry with its options.

    ``options``: as the analysis file gives them; ``where``: place in the file, for messages; ``further``: keys that
    the caller takes itself, for hints.
    """
    try:
        method = registry[name]
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    known = list_option_names(method)
    faults, values = [], {}
    options = replace_keys(options, find_renamed("option", name), 3)
    for key, value in options.items():
        if key not in known:
            hint = suggest_word(key, [*known, *further]) or "none"
            faults.append(str(Text("spec.no-option", where=where, name=name, key=key, hint=hint)))
            continue
        try:
            values[key] = _option(method, key).validate_python(value)
            if key in _COUNTS and isinstance(value, int) and value < 1:
                faults.append(str(Text("spec.count", where=where, key=key, value=value)))
        except ValidationError as error:
            first = error.errors()[0]
            message = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
            faults.append(f"{where}: {key}: {message} (given: {value!r}){suggest_choice(first)}")
    if faults:
        raise SpecError("\n".join(faults))
    try:
        return method(**values)
    except (TwintradeError, TypeError, ValueError) as error:
        raise SpecError(f"{where}: {error}") from None


def list_option_names(method: type[Any]) -> list[str]:
    """Return the options a method has."""
    return [f.name for f in fields(method) if f.init]


def build_option_schema(method: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of each option of a method, with its default."""
    schema = {}
    for field in fields(method):
        if not field.init:
            continue
        option = _option(method, field.name)
        described = option.json_schema()
        if field.default is not MISSING:
            described["default"] = option.dump_python(field.default, mode="json")
        schema[field.name] = described
    return schema


def _option(method: type[Any], name: str) -> TypeAdapter[Any]:
    hint = get_type_hints(method)[name]
    try:
        return TypeAdapter(hint, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
    except Exception:  # a type that carries its own configuration takes none from here
        return TypeAdapter(hint)


def format_type(owner: type[Any], name: str) -> str:
    """Return what a key takes, in words for a table."""
    return _type_words(get_type_hints(owner)[name])


def _type_words(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type_words(arguments[0])
    if origin is Literal:
        return ", ".join(f'`"{a}"`' if isinstance(a, str) else f"`{a}`" for a in arguments)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f'`"{member.value}"`' for member in hint)
    if origin in (Union, UnionType):
        return str(Listed(tuple(dict.fromkeys(_type_words(a) for a in arguments if a is not NoneType)), "or"))
    if origin in (list, tuple):
        inner = [a for a in arguments if a is not Ellipsis]
        return str(Text("spec.type-list", of=Listed(tuple(dict.fromkeys(_type_words(a) for a in inner)))))
    if origin is not None:
        return str(_TABLE)
    return str(_PLAIN.get(hint, _TABLE))
