"""Runs an analysis of a registry: counts by city, country and year, size against twins, and what the record lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.geography import find_listed_place, find_only_place, load_places, read_cities, read_shares
from twintrade.data.registry import (
    RegistryFacts,
    TwinningRegistry,
    add_city_size,
    compute_registry_facts,
    read_twinnings,
)
from twintrade.data.sources import InputRecord
from twintrade.effects import Finding, ResultSet, build_findings_frame
from twintrade.effects.estimate import BAND_COLUMNS, EFFECT_COLUMNS
from twintrade.effects.messages import build_messages_frame
from twintrade.effects.result_set import SPECIFICATION_COLUMNS, PayloadKind
from twintrade.study.claims.ledger import add_ledger
from twintrade.study.page.assemble import write_sections
from twintrade.study.spec.page_spec import RegistrySpec
from twintrade.text import Listed, Text, Words, pack_text

FEWEST_CITIES = 8
_SPREAD = 1.959964
_KINDS: Mapping[str, PayloadKind] = {
    "descriptive_size_world": "size", "descriptive_size_close_up": "size", "descriptive_twins_by_city": "counts",
    "descriptive_twins_by_country": "counts", "descriptive_years_of_signing": "years", "descriptive_map": "map",
    "descriptive_shares": "counts",
}  # fmt: skip
OF_CLAIMS = ("ended_agreements", "twins_and_size")
"""Payloads that the claims ledger tells of; all others describe the registry."""
DATA_COLUMNS = ("unit", "city", "partner", "period", "period_label", "outcome", "onset", "status", "event_time")


@dataclass(frozen=True, slots=True, eq=False)
class RegistryRun:
    """The facts of a registry, and the files they are from."""

    registry: TwinningRegistry
    facts: RegistryFacts
    sizes: pd.DataFrame
    shares: pd.DataFrame
    inputs: tuple[InputRecord, ...]


def run_registry(spec: RegistrySpec, root: Path) -> RegistryRun:
    """Read the registry and count."""
    sources = spec.registry.twinnings
    registry = read_twinnings(sources, root)
    facts = compute_registry_facts(registry.frame, says_ended=all(s.ended is not None for s in sources))
    inputs, shares = registry.provenance, pd.DataFrame()
    if spec.registry.cities is not None:
        cities, record = read_cities(spec.registry.cities, root)
        inputs = (*inputs, record)
    else:
        cities = find_sizes(facts.by_city["city"])
    sizes = add_city_size(facts.by_city, cities)
    if spec.registry.shares is not None:
        shares, record = read_shares(spec.registry.shares, root)
        inputs = (*inputs, record)
    return RegistryRun(registry, facts, sizes, shares, inputs)


def find_sizes(cities: pd.Series) -> pd.DataFrame:
    """Return city, country and population of the cities that the table of places has with a population."""
    places = {str(city): find_only_place(str(city)) for city in cities}
    rows = [(city, place.country, place.population) for city, place in places.items() if place and place.population]
    return pd.DataFrame(rows, columns=["city", "country", "population"])


def locate_agreements(twinnings: pd.DataFrame) -> pd.DataFrame:
    """Return the agreements whose two places the table of places has with a point, one line each."""
    rows = []
    for twinning in twinnings.to_dict("records"):
        city = find_only_place(str(twinning["signatory"] or twinning["city"]))
        twin = find_listed_place(str(twinning["partner_city"]), str(twinning["partner"]))
        ends = [end for end in (city, twin) if end is not None and end.latitude is not None]
        if len(ends) == 2:
            rows.append([value for end in ends for value in (end.name, end.latitude, end.longitude)])
    columns = ("city", "latitude", "longitude", "partner_city", "partner_latitude", "partner_longitude")
    return pd.DataFrame(rows, columns=list(columns)).drop_duplicates(ignore_index=True)


def build_empty_tables() -> dict[str, Any]:
    """Return the tables of a result set without an estimate."""
    keys = ["estimator", "specification"]
    columns: dict[str, list[str]] = {
        "data": list(DATA_COLUMNS), "twinnings": [], "specifications": list(SPECIFICATION_COLUMNS),
        "effects": [*keys, *EFFECT_COLUMNS], "bands": [*keys, *BAND_COLUMNS],
    }  # fmt: skip
    return {name: pd.DataFrame(columns=names) for name, names in columns.items()}


def build_registry_results(name: str, spec: RegistrySpec, run: RegistryRun, manifest: Mapping[str, Any]) -> ResultSet:
    """Return the result set of a registry: payloads and sentences, no estimate."""
    payloads = _payloads(spec, run)
    findings = [
        Finding(diagnostic="descriptive_registry", verdict="informs", text=sentence, topic="descriptives")
        for sentence in list_sentences(run)
    ]
    twins = run.facts.by_city["twins"].astype(float)
    average = Text("study.average-twins", mean=float(twins.mean()), median=float(twins.median()))
    described = [name for name in payloads if name not in OF_CLAIMS]
    sections: dict[str, Words] = {
        "question": spec.question,
        "answer": Listed((*list_sentences(run)[:2], average), "sentences"),
        "limits": "\n".join(spec.limits),
        "no_effect": Text("sections.no-trade"),
        "recipe": spec.recipe,
    }
    results = ResultSet(
        name=name,
        title=spec.title,
        **build_empty_tables(),
        findings=build_findings_frame((f, ("", ""), () if i else described) for i, f in enumerate(findings)),
        messages=build_messages_frame(run.registry.messages),
        payloads=payloads,
        payload_kinds=_KINDS,
        manifest=manifest,
        sections=write_sections(sections),
    )
    return add_ledger(results, spec.claim)


def _payloads(spec: RegistrySpec, run: RegistryRun) -> dict[str, pd.DataFrame]:
    facts, sizes, places = run.facts, run.sizes, load_places()
    countries = facts.by_country.head(30)
    names = [places[code].name if code in places else code for code in countries["label"]]
    payloads = {
        "descriptive_size_world": sizes,
        "descriptive_size_close_up": sizes[sizes["country"].isin(spec.registry.close_up)] if len(sizes) else sizes,
        "descriptive_twins_by_city": facts.by_city.set_axis(["label", "count"], axis=1).head(30),
        "descriptive_twins_by_country": countries.assign(label=names),
        "descriptive_years_of_signing": facts.by_year,
        "descriptive_map": locate_agreements(run.registry.frame),
        "descriptive_shares": run.shares,
        "descriptive_completeness": facts.completeness,
        "ended_agreements": facts.ended,
        "twins_and_size": compute_size_slope(sizes),
    }
    return {name: frame for name, frame in payloads.items() if not frame.empty}


def compute_size_slope(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return the elasticity of twins with population by Poisson (HC1 errors), one row; empty with too few cities."""
    if len(sizes) < FEWEST_CITIES or not sizes["twins"].sum() > 0:
        return pd.DataFrame()
    import statsmodels.api as sm

    x = sm.add_constant(np.log(sizes["population"].to_numpy(dtype=np.float64)))
    fit = sm.GLM(sizes["twins"].to_numpy(dtype=np.float64), x, family=sm.families.Poisson()).fit(cov_type="HC1")
    slope, half = float(fit.params[1]), _SPREAD * float(fit.bse[1])
    label = Text("study.elasticity", cities=len(sizes))
    row = {"label": str(label), "label_text": pack_text(label), "group": "slope", "effect": slope}
    return pd.DataFrame([row | {"low": slope - half, "high": slope + half, "scale": "elasticity"}])


def list_sentences(run: RegistryRun) -> list[Text]:
    """Return what a registry tells, and what it cannot."""
    facts, n = run.facts, run.registry.n_twinnings
    top = facts.by_city.iloc[0]
    known = float(str(facts.completeness.set_index("field").loc["date", "known"]))
    cities, countries = len(facts.by_city), len(facts.by_country)
    sentences = [
        Text("study.holds", n=n, cities=cities, countries=countries, city=str(top["city"]), most=int(top["twins"])),
        Text("study.dated", dated=round(known), n=n),
    ]
    if run.sizes.empty:
        sentences.append(Text("study.no-population"))
    elif len(run.sizes) < FEWEST_CITIES:
        sentences.append(Text("study.few-cities", cities=len(run.sizes), needed=FEWEST_CITIES))
    if facts.ended.empty:
        sentences.append(Text("study.no-ends"))
    return sentences
