"""The reference page of analysis files, made from the types that read them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from twintrade.data.geography import CitiesSource
from twintrade.data.schema import CityName, CovariateSource, Microdata, TwinningSource, UndatedSource
from twintrade.study.spec.analysis import CaseSection, DataSection, DesignSection, InferenceSection, Spec
from twintrade.study.spec.analysis import TreatmentSection as Treatment
from twintrade.study.spec.methods import format_type
from twintrade.study.spec.page_spec import ClaimEntry, ReportSection
from twintrade.study.spec.recipes import RECIPES
from twintrade.study.spec.registry_spec import RegistrySection
from twintrade.study.spec.simulated_source import SimulatedTrade
from twintrade.study.spec.trade_entry import TradeEntry
from twintrade.text import Text, Words, find_catalogue

TABLES: tuple[tuple[Words, type[Any], Words], ...] = (
    (Text("spec.table-top"), Spec, ""),
    ("`[case]`", CaseSection, Text("spec.remark-case")),
    ("`[data]`", DataSection, ""),
    ("`[[data.trade]]`", TradeEntry, Text("spec.remark-trade")),
    (
        Text("spec.table-in", name="simulate = { ... }", table="[[data.trade]]"),
        SimulatedTrade,
        Text("spec.remark-simulate"),
    ),
    (
        Text("spec.table-in", name="microdata = { ... }", table="[[data.trade]]"),
        Microdata,
        Text("spec.remark-microdata"),
    ),
    ("`[[data.twinnings]]`", TwinningSource, Text("spec.remark-twinnings")),
    ("`[data.undated]`", UndatedSource, Text("spec.remark-undated")),
    ("`[[data.covariates]]`", CovariateSource, Text("spec.remark-covariates")),
    ("`[[data.trade.city_names]]`", CityName, ""),
    ("`[design]`", DesignSection, ""),
    (Text("spec.table-in", name="treatment = { ... }", table="[design]"), Treatment, ""),
    ("`[inference]`", InferenceSection, Text("spec.remark-inference")),
    ("`[report]`", ReportSection, Text("spec.remark-report")),
    ("`[[claim]]`", ClaimEntry, Text("spec.remark-claim")),
    ("`[registry]`", RegistrySection, Text("spec.remark-registry")),
    ("`[registry.cities]`", CitiesSource, ""),
)

_ATTRIBUTE = re.compile(r"^    (\w[\w, ]*) : [^\n]*\n((?:^        [^\n]*\n?|^\n)*)", re.MULTILINE)


def render_reference_page() -> str:
    """Return the page as Markdown."""
    catalogue = find_catalogue()
    lines = [catalogue.read("schema_head.md")]
    words = (Text(f"spec.head-{head}") for head in ("key", "takes", "default", "meaning"))
    heads = f"| {' | '.join(map(str, words))} |"
    for title, table, remark in TABLES:
        lines += [
            f"## {title}\n",
            *([f"{remark}\n"] if remark else []),
            heads,
            "|---|---|---|---|",
        ]
        lines += list(_rows(table))
        lines.append("")
    recipes = [f"| `{name}` | {r.equation} | {r.sentence} |" for name, r in RECIPES.items()]
    return "\n".join(lines) + catalogue.read("schema_entries.md") + "\n".join(recipes) + "\n"


def _rows(table: type[Any]) -> Iterator[str]:
    meanings = _meanings(table)
    for name, hint, default, described in _keys(table):
        meaning = " ".join((described or meanings.get(name, "")).split()).replace("|", "\\|")
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
            yield (
                name,
                format_type(table, name),
                str(Text("spec.required")) if required else _shown(info.default),
                info.description or "",
            )


def _shown(default: Any) -> str:
    if default in (None, "", (), [], {}) or isinstance(default, BaseModel | Mapping):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return (
        f'`"{default}"`'
        if isinstance(default, str)
        else f"`{list(default) if isinstance(default, tuple) else default}`"
    )


def _meanings(table: type[Any]) -> dict[str, str]:
    """Meanings from the Attributes sections of a class and its bases."""
    meanings: dict[str, str] = {}
    for base in reversed(table.__mro__):
        for names, text in _ATTRIBUTE.findall(_dedented(base.__doc__ or "")):
            meanings |= dict.fromkeys((n.strip() for n in names.split(",")), text.replace("``", "`").strip())
    return meanings


def _dedented(doc: str) -> str:
    return (
        "\n".join(line if not line or line.startswith("    ") else f"    {line}" for line in doc.splitlines()) + "\n"
    )
