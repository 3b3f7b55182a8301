"""The bundled tables of the US states, as an analysis declares them."""

from twintrade.data import TradeSource
from twintrade.data.schema import TwinningSource, UndatedSource

US_KINDS = {
    "sister_city": "sister city",
    "sister_state": "sister state",
    "friendship_city": "friendship",
    "partner_city": "friendship",
    "memorandum_of_cooperation": "memorandum",
}
US_REGISTRY = TwinningSource(
    file="data/raw/us_twin_registry.csv",
    id="id",
    city="us_usps",
    signatory="us_unit",
    partner="partner_iso3",
    partner_city="partner_unit",
    date="date",
    precision="date_precision",
    kind="agreement_type",
    kinds=US_KINDS,
    source="source_url",
    note="note",
    event="event",
    events={
        "established": "signed",
        "resolution signed": "ratified",
        "legislature resolution": "ratified",
        "approved": "ratified",
    },
)
US_EXPORTS = TradeSource(
    file="data/raw/us_state_exports_selected.csv",
    city="city_state",
    partner="partner_iso3",
    period="year",
    value="exports_usd",
    flow="exports",
    reporter="city",
    money_unit="USD",
    absent="zero",
)
US_UNDATED = UndatedSource(
    file="data/raw/us_undated_twins_selected.csv",
    city="us_usps",
    partner="partner_iso3",
    partner_city="partner_city",
    policy="exclude",
)
