"""Words that names of columns are made of, in the languages of yearbooks and customs offices."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from twintrade.data.calendar.months import strip_accents

Role = Literal["exporter", "importer", "reporter", "partner", ""]
"""Which end of a flow a column is, as far as its name says it."""
Trade = Literal["exports", "imports", "both", "other", "value", ""]
"""What a column of numbers holds, as far as its name says it."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "period": (
        *("year", "period", "month", "quarter", "date", "time", "ano", "anno", "annee", "jahr", "monat", "quartal"),
        *("mois", "mes", "mese", "trimestre", "jaar", "maand", "年", "月", "季", "时间"),
    ),
    "partner": (
        *("partner", "country", "destination", "origin", "iso3", "iso2", "pais", "pays", "paese", "land"),
        *("bestimmungsland", "ursprungsland", "partenaire", "destino", "国", "地区"),
    ),
    "value": (
        *("value", "amount", "export", "import", "trade", "usd", "eur", "fob", "cif", "valor", "valeur", "valore"),
        *(
            "wert",
            "waarde",
            "ausfuhr",
            "einfuhr",
            "handel",
            "commerce",
            "comercio",
            "commercio",
            "montant",
            "importo",
        ),
        *("monto", "importe", "betrag", "bedrag", "额", "值", "額", "価", "出口", "金额"),
    ),
    "date": ("date", "signed", "since", "year", "established", "data", "datum", "fecha", "日期", "时间", "签", "年"),
    "city": (
        *("city", "municip", "state", "region", "province", "prefecture", "county", "stadt", "kreis", "gemeinde"),
        *("ville", "commune", "departement", "ciudad", "provincia", "citta", "comune", "cidade", "estado"),
        *("市", "地区", "省"),
    ),
    "kind": ("type", "kind", "agreement", "form", "art", "tipo", "类型", "类别", "類別", "性质"),
    "unit": ("unit", "currency", "moeda", "moneda", "devise", "wahrung", "einheit", "单位", "币种"),
    "product": (
        *("hs", "sitc", "cn", "product", "commodity", "goods", "produit", "produto", "producto", "prodotto"),
        *("warennummer", "ncm", "sh", "ctci", "商品", "产品"),
    ),
    "month": ("month", "mes", "mese", "mois", "monat", "maand", "月"),
    "quarter": ("quarter", "quartal", "trimestre", "trim", "kwartaal", "季"),
    "flow": ("flow", "flux", "flujo", "fluxo", "flusso", "richtung", "sentido", "stroom", "流向", "进出口标志"),
    "exports": (
        *("export", "exportac", "esportaz", "ausfuhr", "uitvoer", "versendung", "expo", "exp", "eyr"),
        *("fob", "fobvalue", "出口", "輸出", "输出", "수출"),
    ),
    "imports": (
        *("import", "importac", "importaz", "einfuhr", "invoer", "eingang", "impo", "imp", "iyr", "cif", "cifvalue"),
        *("进口", "進口", "輸入", "输入", "수입"),
    ),
    "both": (
        *("turnover", "totaltrade", "tradetotal", "foreigntrade", "aussenhandel", "gesamthandel", "handelsumsatz"),
        *("commercetotal", "commerceexterieur", "comerciototal", "comercioexterior", "commerciototale"),
        *("commercioestero", "interscambio", "correntedecomercio", "corrientecomercial", "totalehandel"),
        *("进出口", "進出口", "外贸总", "贸易总", "輸出入"),
    ),
    "other": (
        *("gdp", "grp", "pib", "bip", "bbp", "pil", "population", "pop", "poblacion", "populacao", "popolazione"),
        *(
            "bevolkerung",
            "bevolking",
            "einwohner",
            "habitants",
            "habitantes",
            "abitanti",
            "inwoners",
            "人口",
            "生产总值",
        ),
        *("weight", "netwgt", "wgt", "gewicht", "poids", "peso", "kg", "kilogram", "ton", "tons", "tonnes", "tonnen"),
        *("tonnage", "重量", "净重", "quantity", "quantities", "qty", "menge", "quantite", "cantidad", "quantidade"),
        *("quantita", "hoeveelheid", "数量", "firms", "number", "count", "anzahl", "aantal", "nombre", "numero"),
        *("企业数", "家数", "户数", "share", "anteil", "quota", "porcentaje", "pct", "percent", "prozent", "占比"),
        *("比重", "growth", "yoy", "change", "wachstum", "croissance", "crecimiento", "crescita", "crescimento"),
        *(
            "groei",
            "同比",
            "增长",
            "增速",
            "rank",
            "rang",
            "排名",
            "index",
            "indice",
            "指数",
            "upper",
            "lower",
            "max",
        ),
        *("min", "std", "stderr", "lat", "lon", "latitude", "longitude", "dist", "distance", "distanz", "distancia"),
        *("distanza", "afstand", "距离", "code", "id", "fips", "codigo", "codice", "代码", "编号", "rate", "tariff"),
        *("tarif", "zoll", "duty", "duties", "关税", "税", "fdi", "investment", "inversion", "investimento", "投资"),
        *("wage", "wages", "price", "preis", "precio", "prezzo", "prix", "价格", "balance", "saldo", "solde", "差额"),
        *("顺差", "逆差", "net", "deflator", "weights", "quote", "part", "aandeel", "proportion", "ratio", "taux"),
        *(
            "tasa",
            "taxa",
            "tasso",
            "percentage",
            "porcentual",
            "capita",
            "kopf",
            "capite",
            "habitant",
            "hoofd",
            "人均",
            "rebate",
        ),
        *("cuota", "participac", "incidenza", "bilanz", "handelsbilanz", "balans", "handelsbalans", "依存度"),
        *("退税", "enterprise", "enterprises", "companies", "company", "exporters", "importers", "betriebe"),
        *("unternehmen", "entreprises", "empresas", "imprese", "bedrijven", "企业", "exporteure", "exporteurs"),
        *("exportateurs", "exportadores", "esportatori", "products", "variety", "varieties"),
    ),
}
ROLES: Mapping[Role, tuple[str, ...]] = {
    "exporter": (
        *("exporter", "exporting", "exportateur", "exportador", "esportator", "exporteur", "exportland", "origin"),
        *("orig", "origen", "origem", "ursprung", "herkunft", "herkomst", "versend", "provenan", "procedenc"),
        *("provenienza", "seller", "supplier", "shipper", "sender", "from", "ausfuhrland", "uitvoerland", "source"),
        *(
            "oorsprong",
            "fournisseur",
            "proveedor",
            "fornecedor",
            "fornitore",
            "lieferant",
            "lieferland",
            "leverancier",
        ),
        *("出口国", "出口方", "出口地", "原产", "产地", "起运", "来源", "輸出国", "原産", "수출국"),
    ),
    "importer": (
        *("importer", "importing", "importateur", "importador", "importator", "importeur", "importland", "destin"),
        *("dest", "bestimmung", "bestemming", "ziel", "zielland", "buyer", "acheteur", "comprador", "consignee"),
        *("receiver", "recipient", "empfang", "ontvang", "to", "einfuhrland", "invoerland"),
        *("目的", "抵运", "运抵", "进口国", "进口方", "进口地", "仕向", "輸入国", "수입국"),
    ),
    "reporter": (
        *("reporter", "reporting", "declarant", "dichiarant", "rapporteur", "informante", "meldeland", "melder"),
        *("报告", "申报", "報告"),
    ),
    "partner": ("partner", "partenaire", "parceiro", "socio", "counterpart", "伙伴", "对方", "相手"),
}
_AMOUNT = re.compile(r"\bimport(?:e|es|o|i)\b")  # an amount in Spanish or Italian, imports in German
_LAST: Mapping[str, Role] = {"o": "exporter", "d": "importer"}
_WEAK = (("exports", "exporter"), ("imports", "importer"))
_NATURES = frozenset(
    ("nature", "natura", "naturaleza", "natureza", "categoria", "categorie", "kategorie", "category")
)
_TWIN = ("partner", "partenaire", "twin", "sister", "irma", "hermana", "gemell", "jumel", "友好", "友城", "外方")


def split_name(name: str) -> list[str]:
    """Return the words of a column's name without accents: "tradeValue_2" gives trade, value, 2."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [w for w in re.split(r"[\W_]+", strip_accents(parts).replace("ß", "ss")) if w]


def has_word_of(name: str, part: str) -> bool:
    """Whether a column's name has a word of a part: whole where the word is short, anywhere where it is not.

    Accents do not count, nor digits behind a word: "hs2" speaks of "hs".
    """
    return _has(name, WORDS[part])


def has_word_of_twin(name: str) -> bool:
    """Whether a column's name speaks of the city on the other side."""
    lowered = strip_accents(name)
    return any(w in lowered for w in _TWIN) and (has_word_of(name, "city") or "partner" not in lowered)


def has_word_of_kind(name: str) -> bool:
    """Whether a column's name speaks of the kind of an agreement; "nature" does, "signature" does not."""
    return has_word_of(name, "kind") or not _NATURES.isdisjoint(split_name(name))


def find_role(name: str) -> Role:
    """Return which end of a flow a column's name speaks of; "" where it speaks of none or of two."""
    words = split_name(name)
    if words and words[-1] in _LAST:
        return _LAST[words[-1]]
    named: list[Role] = [role for role, of_role in ROLES.items() if _has(name, of_role)]
    flows = [role for role in named if role in ("exporter", "importer")]
    return named[0] if len(named) == 1 else flows[0] if len(flows) == 1 else ""


def find_weak_roles(names: Iterable[str]) -> dict[str, Role]:
    """Return the ends that "export country" and "import country" are, which one of them alone would not tell."""
    roles: dict[str, Role] = {}
    for flow, role in _WEAK:
        named = [n for n in names if has_word_of(n, flow)]
        if len(named) == 1:
            roles[named[0]] = role  # type: ignore[assignment]
    return roles if len(roles) == len(_WEAK) else {}


def find_trade(name: str) -> Trade:
    """Return what the name of a column of numbers says that it holds."""
    words = [w for w in split_name(name) if w not in ("usd", "eur", "cny", "k", "mn", "mio")]
    if has_word_of(name, "other"):
        return "other"
    if words in (["x"], ["m"]):
        return "exports" if words == ["x"] else "imports"
    if drop_both_flows(name):
        return "both"
    flow = find_flow(name)
    return flow or ("value" if has_word_of(name, "value") else "")


def drop_both_flows(text: str) -> str:
    """Return a text without its words for exports and imports together; "" where it has none."""
    joined = rest = "".join(split_name(text))
    for word in WORDS["both"]:
        rest = rest.replace(word, "-")
    return rest if rest != joined else ""


def find_flow(text: str) -> Literal["exports", "imports", "both", ""]:
    """Return the flow that a text speaks of; how figures are valued counts only where nothing else does."""
    if _AMOUNT.search(strip_accents(text)):
        return "exports" if _has(text, WORDS["exports"]) else "both"
    for values in (("fob", "cif", "fobvalue", "cifvalue"), ()):
        named = {f for f in ("exports", "imports") if _has(text, [w for w in WORDS[f] if w not in values])}
        if len(named) == 2:
            return "both"
        if named:
            return "exports" if "exports" in named else "imports"
    return ""


def _has(name: str, words: Iterable[str]) -> bool:
    lowered = strip_accents(name).replace("ß", "ss")
    parts = split_name(name) + re.split(r"[^a-z0-9]+", lowered)
    parts += [w.rstrip("0123456789") for w in parts]
    return any(w in parts or (w in lowered and (len(w) > 4 or not w.isascii())) for w in words)
