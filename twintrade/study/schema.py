"""The JSON Schema of analysis files, with every method and its options, for editors and the reference page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from twintrade.data import schema as declared
from twintrade.data.geography import CitiesSource
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES
from twintrade.methods import Registry
from twintrade.study.plan.jobs import DONORS
from twintrade.study.spec import analysis
from twintrade.study.spec.analysis import CaseSection, DesignSection, InferenceSection, SimulatedTrade, Spec
from twintrade.study.spec.page_spec import ClaimEntry, RegistrySection, ReportSection
from twintrade.study.spec.recipes import RECIPES
from twintrade.study.spec.spec_faults import build_option_schema, format_type
from twintrade.text import Text, Words, find_catalogue, name_fact

# The reference page of analysis files, made from the types that read them.

TABLES: tuple[tuple[Words, type[Any], str], ...] = (
    (Text("spec.table-top"), Spec, ""),
    ("`[case]`", CaseSection, "case"),
    ("`[watch]`", analysis.WatchSection, ""),
    ("`[data]`", analysis.DataSection, ""),
    ("`[[data.trade]]`", analysis.TradeEntry, "trade"),
    (Text("spec.table-in", name="simulate = { ... }", table="[[data.trade]]"), SimulatedTrade, "simulate"),
    (Text("spec.table-in", name="microdata = { ... }", table="[[data.trade]]"), declared.Microdata, "microdata"),
    ("`[[data.twinnings]]`", declared.TwinningSource, "twinnings"),
    ("`[data.undated]`", declared.UndatedSource, "undated"),
    ("`[[data.policies]]`", declared.PolicySource, ""),
    ("`[[data.covariates]]`", declared.CovariateSource, "covariates"),
    ("`[[data.trade.city_names]]`", declared.CityName, ""),
    ("`[design]`", DesignSection, ""),
    (Text("spec.table-in", name="treatment = { ... }", table="[design]"), analysis.TreatmentSection, ""),
    ("`[inference]`", InferenceSection, "inference"),
    ("`[report]`", ReportSection, "report"),
    ("`[translate]`", declared.WorldSource, "translate"),
    ("`[[claim]]`", ClaimEntry, "claim"),
    ("`[registry]`", RegistrySection, "registry"),
    ("`[registry.cities]`", CitiesSource, ""),
)
"""Each table with its type, and the key of what is remarked of it."""

_KEYS = re.compile(r"^(\w[\w, ]*): ([^\n]*(?:\n    [^\n]*)*)", re.MULTILINE)


def render_reference_page() -> str:
    """Return the page as Markdown."""
    catalogue = find_catalogue()
    lines = [catalogue.read("schema_head.md")]
    words = (name_fact("spec.head-", head) for head in ("key", "takes", "default", "meaning"))
    heads = f"| {' | '.join(words)} |"
    for title, table, remark in TABLES:
        remarked = [f"{Text(f'spec.remark-{remark}')}\n"] if remark else []
        lines += [f"## {title}\n", *remarked, heads, "|---|---|---|---|", *_rows(table), ""]
    recipes = [f"| `{name}` | {r.equation} | {r.sentence} |" for name, r in RECIPES.items()]
    return "\n".join(lines) + catalogue.read("schema_entries.md") + "\n".join(recipes) + "\n"


def _rows(table: type[Any]) -> Iterator[str]:
    # Meanings from the lines of keys below the first sentence of a class and its bases.
    meanings: dict[str, str] = {}
    for base in reversed(table.__mro__):
        for names, text in _KEYS.findall(cleandoc(base.__doc__ or "").partition("\n")[2]):
            meanings |= dict.fromkeys(names.split(", "), text.replace("``", "`"))
    # Of the trade table, which stands first, in full.
    is_again = issubclass(table, declared.FileFormat) and table is not analysis.TradeEntry
    of_format = [field.name for field in fields(declared.FileFormat)] if is_again else []
    if of_format:
        yield f"| {', '.join(f'`{name}`' for name in of_format)} |  |  | {Text('spec.of-format')} |"
    for name, hint, default, described in _keys(table):
        meaning = " ".join((described or meanings.get(name, "")).split()).replace("|", "\\|")
        if name not in of_format:
            yield f"| `{name}` | {hint} | {default} | {meaning} |"


def _keys(table: type[Any]) -> Iterator[tuple[str, str, str, str]]:
    if is_dataclass(table):
        for field in fields(table):
            default = "" if field.default is MISSING else _shown(field.default)
            required = field.default is MISSING and field.default_factory is MISSING
            yield field.name, format_type(table, field.name), str(Text("spec.required")) if required else default, ""
    elif issubclass(table, BaseModel):
        for name, info in table.model_fields.items():
            required = info.default is PydanticUndefined and info.default_factory is None
            default = str(Text("spec.required")) if required else _shown(info.default)
            yield name, format_type(table, name), default, info.description or ""


def _shown(default: Any) -> str:
    if default in (None, "", (), [], {}) or isinstance(default, BaseModel | Mapping):
        return ""
    if isinstance(default, str):
        return f'`"{default}"`'
    shown = list(default) if isinstance(default, tuple) else default
    return f"`{str(shown).lower() if isinstance(default, bool) else shown}`"


_MAPPING = {"type": "object", "additionalProperties": {"type": "string"}}


def build_json_schema() -> dict[str, Any]:
    """Return the schema of a whole file."""
    schema = Spec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    properties = schema["properties"]
    for table in schema["$defs"].values():
        if (names := table.get("properties", {}).get("city_names")) is not None:
            names["anyOf"] = [{k: names.pop(k) for k in ("type", "items")}, _MAPPING]
    properties["recipe"] = {"enum": list(RECIPES), "description": str(Text("spec.preset"))}
    design = DesignSection.model_json_schema()["properties"]
    types = {"label": "string", "key": "string", "headline": "boolean", "exclude_flagged": "boolean"}
    of_entry = {key: {"type": name} for key, name in types.items()} | {"donors": {"enum": [*DONORS]}}
    entries = [_entry(name, {**options, **design, **of_entry}) for name, options in _methods(ESTIMATORS).items()]
    properties["estimator"] = {"type": "array", "items": {"oneOf": entries}}
    on = {"on": {"type": ["string", "array"], "description": str(Text("spec.on"))}}
    checks = [_entry(name, {**options, **on}) for name, options in _methods(DIAGNOSTICS).items()]
    properties["diagnostic"] = {"type": "array", "items": {"oneOf": checks}}
    further = {k: v for k, v in schema["$defs"]["InferenceSection"]["properties"].items() if k != "name"}
    properties["inference"] = {"oneOf": [_entry(n, {**o, **further}) for n, o in _methods(INFERENCES).items()]}
    return schema


def _methods(registry: Registry[Any]) -> dict[str, dict[str, Any]]:
    return {name: build_option_schema(registry[name]) for name in registry}


def _entry(name: str, options: dict[str, Any]) -> dict[str, Any]:
    properties = {"name": {"const": name}, **options}
    return {"type": "object", "properties": properties, "required": ["name"], "additionalProperties": False}
