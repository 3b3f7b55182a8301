"""The reference page of analysis files, made from the types that read them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from twintrade.data.geography import CitiesSource
from twintrade.data.schema import CityName, Microdata, TwinningSource, UndatedSource
from twintrade.study.spec.analysis import CaseSection, DataSection, DesignSection, InferenceSection, Spec, TradeEntry
from twintrade.study.spec.analysis import TreatmentSection as Treatment
from twintrade.study.spec.methods import format_type
from twintrade.study.spec.page_spec import ClaimEntry, ReportSection
from twintrade.study.spec.recipes import RECIPES
from twintrade.study.spec.registry_spec import RegistrySection
from twintrade.study.spec.simulated_source import SimulatedTrade

HEAD = """# The analysis file

Made by `twintrade schema --markdown`; do not edit. An analysis is one TOML file in `analyses/`. A key that is not
listed here is an error, reported with its line and the nearest key that exists. `twintrade explain NAME` prints the
file with every default filled in; `twintrade list` names estimators, inferences and diagnostics with their options.
"""

TABLES: tuple[tuple[str, type[Any], str], ...] = (
    ("At the top", Spec, ""),
    ("`[case]`", CaseSection, "Only for analyses of one pair."),
    ("`[data]`", DataSection, ""),
    ("`[[data.trade]]`", TradeEntry, "One table a file. Either `file` or `simulate`."),
    (
        "`simulate = { ... }` in `[[data.trade]]`",
        SimulatedTrade,
        "In place of `file`; everything then says SIMULATED.",
    ),
    (
        "`microdata = { ... }` in `[[data.trade]]`",
        Microdata,
        "For rows of single shipments; `file` may be a folder of CSV, packed CSV or Parquet files, or a DuckDB file. "
        "docs/scale.md says what it costs.",
    ),
    ("`[[data.twinnings]]`", TwinningSource, "One table a registry."),
    ("`[data.undated]`", UndatedSource, "Or `[[data.undated]]`, where there are several lists."),
    ("`[[data.trade.city_names]]`", CityName, ""),
    ("`[design]`", DesignSection, ""),
    ("`treatment = { ... }` in `[design]`", Treatment, ""),
    ("`[inference]`", InferenceSection, "Further keys are options of the named method."),
    ("`[report]`", ReportSection, "docs/report.md shows how to use it."),
    ("`[[claim]]`", ClaimEntry, "One table a claim; they stand in the ledger after those of the literature."),
    ("`[registry]`", RegistrySection, 'With `recipe = "registry"`, in place of `[data]` and `[design]`.'),
    ("`[registry.cities]`", CitiesSource, ""),
)

ENTRIES = """
## `[[estimator]]`

One column of the ladder. `name` is the method; any key of `[design]` changes the design for this column alone; any
option of the method may be set; and besides:

| key | meaning |
|---|---|
| `label` | head of the column, where the one made from the design does not do |
| `key` | its name in files, where two columns would have the same |
| `headline` | `true` for the column whose overall effect is the headline; without it the first |
| `exclude_flagged` | `true` leaves out treated pairs with another link without a date |
| `donors` | `"all"`, `"A"` (same city) or `"B"` (same destination), with `[case]` |
| `inference` | the inference this column and its checks use, by name; without it that of the analysis |

Options that decide what a column's number is:

- `shape` of `twfe`, `ppml` and `ppml_corrected`. `"event"`, the default: the effect after the agreement against all
  years before is the coefficient of one treatment dummy; the path by event time and its average against the reference
  stand beside it. `"static"`: the coefficient alone, without path and without reference period.
- `bins` of the same: `true` lets the ends of the path shown collect what lies beyond the window. Averages never do.
- `span` of `stacked`: first and last event time of every stack, −3 to 3 unless set, whatever the window shows.
- `effects` and `placebos` of `chaisemartin_dhaultfoeuille`: how many periods from the switch on are averaged, and
  before it are shown; all that are observed unless set. `pooled` of `local_projections`: the authors' pooled effect
  from onset on to this event time, in place of the average of the path less the average lead.
- `measure` of `imputation` and `etwfe` with `family = "poisson"`. `"percent"`: percent change of the treated pairs'
  total. `"log_ratio"` (`imputation`) or `"coefficient"` (`etwfe`): average over treated rows of the log ratio of
  their cell, each row counting alike. `"difference"`: average difference in the outcome's unit.

## `[[diagnostic]]`

`name`, options of the check, and `on`: `"headline"` (the default), `"all"`, or names of columns.

## `recipe`

| recipe | equation | |
|---|---|---|
"""

_ATTRIBUTE = re.compile(r"^    (\w[\w, ]*) : [^\n]*\n((?:^        [^\n]*\n?|^\n)*)", re.MULTILINE)


def render_reference_page() -> str:
    """Return the page as Markdown."""
    lines = [HEAD]
    for title, table, remark in TABLES:
        lines += [
            f"## {title}\n",
            *([f"{remark}\n"] if remark else []),
            "| key | takes | default | meaning |",
            "|---|---|---|---|",
        ]
        lines += list(_rows(table))
        lines.append("")
    recipes = [f"| `{name}` | {r.equation} | {r.sentence} |" for name, r in RECIPES.items()]
    return "\n".join(lines) + ENTRIES.lstrip("\n") + "\n".join(recipes) + "\n"


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
            yield field.name, format_type(table, field.name), "required" if required else default, ""
    elif issubclass(table, BaseModel):
        for name, info in table.model_fields.items():
            required = info.default is PydanticUndefined and info.default_factory is None
            yield (
                name,
                format_type(table, name),
                "required" if required else _shown(info.default),
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
    found: dict[str, str] = {}
    for base in reversed(table.__mro__):
        for names, text in _ATTRIBUTE.findall(_dedented(base.__doc__ or "")):
            found |= dict.fromkeys((n.strip() for n in names.split(",")), text.replace("``", "`").strip())
    return found


def _dedented(doc: str) -> str:
    return (
        "\n".join(line if not line or line.startswith("    ") else f"    {line}" for line in doc.splitlines()) + "\n"
    )
