"""The places that may be partners, and which kind of code a column of them holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from twintrade.data.sources.provenance import read_packaged_rows

PlaceKind = Literal["country", "territory", "part", "former", "aggregate", "remainder"]
CodeKind = Literal["", "alpha-3", "alpha-2", "numeric"]

_LETTERS: Mapping[int, CodeKind] = {2: "alpha-2", 3: "alpha-3"}
_ABROAD = {"EL": "GRC", "UK": "GBR", "XS": "SRB", "XK": "XKX"}  # codes of two letters that Eurostat has
_LARGE = frozenset("36 76 124 156 250 251 276 356 380 381 392 410 528 643 699 724 756 757 826 840 842".split())
_N_LARGE = 3
"""Numbers of large partners, of which a column has some if it numbers countries as ISO or Comtrade does."""

# Codes of two letters by the standard FIPS 10-4: for the same country as ISO's, for another country, and those that
# ISO does not have; and those of the Olympic Committee that are ISO's for another country, or not ISO's.
_FIPS_SAME = frozenset(
    "AE AF AL AM AO AR BB BE BR BT CA CM CO CU CV CY DJ EC EG ER ET FI FJ FK FM FO FR GH GI GL GP GR GT GY HK HR HU ID IM IN IO IR "
    "IT JE JM JO KE KG KZ LA LU LY MD MK ML MR MT MV MX MY MZ NC NF NL NO NP NR NZ PE PK PL QA RE RO RW SA SH SI SL SM SO SY TH TV "
    "TW TZ UG US UY UZ VC VE WF WS".split()
)
_FIPS_OTHER = frozenset(
    "AC AG AN AS AU BA BD BF BG BH BL BM BN BO BY CD CF CG CH CI CK CN CW DO ES GA GB GG GM GQ IS KN KR LI LS LT MA MC MF MG MH MN "
    "MO MP MU NE NG NI NU PA PM PS RS SB SC SE SG SN ST SV SZ TD TK TL TN TO TT VI ZA".split()
)
_FIPS_ALONE = frozenset(
    "AA AJ AV BC BK BP BU BX CB CE CJ CQ CS CT DA DR EI EK EN EZ FG FP GJ GK GV GZ HA HO IC IV IZ JA KS KT KU KV LE LG LH LO MB MI "
    "MJ NH NS OD PC PO PP PU RI RM RP RQ SF SP SU SW TI TP TS TU TX UC UP UV VM VQ VT WA WE WI WZ YM ZI".split()
)
_IOC_OTHER = frozenset(("ANT", "BRN"))
_IOC_ALONE = frozenset(
    "ALG ANG ARU ASA BAH BAN BAR BER BHU BIZ BOT BUL BUR CAM CAY CGO CHA CHI CRC CRO DEN ESA FIJ GAM GBS GEQ GER GRE GRN GUA GUI "
    "HAI HON INA IRI ISV IVB KSA KUW LAT LBA LES LIB MAD MAS MAW MGL MRI MTN MYA NCA NED NEP NGR NIG OMA PAR PHI PLE POR PUR RSA "
    "SAM SEY SIN SKN SLO SOL SRI SUD SUI TAN TGA TOG TPE TRI URU VAN VIE VIN ZAM ZIM".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """A trade partner."""

    code: str  # ISO 3166-1 alpha-3 where there is one; XKX for Kosovo, `PSE-W` for a part, `+EU` for an aggregate
    iso2: str
    name: str
    kind: PlaceKind
    # valid_from, valid_to: First and last year in which statistics can have it as a partner of its own
    valid_from: int | None
    valid_to: int | None

    @property
    def is_aggregate(self) -> bool:
        """Whether it is a group of countries or a remainder, which by itself never serves as comparison."""
        return self.kind in ("aggregate", "remainder")


@cache
def load_places() -> Mapping[str, Place]:
    """Return every place of the table by its code."""
    places: dict[str, Place] = {}
    for row in read_packaged_rows("partners.csv"):
        kind: PlaceKind = row["kind"]  # type: ignore[assignment]
        first, last = (int(row[key]) if row[key] else None for key in ("valid_from", "valid_to"))
        places[row["code"]] = Place(row["code"], row["iso2"], row["name"], kind, first, last)
    return places


@cache
def load_two_letters() -> Mapping[str, str]:
    """Return the code of every code of two letters."""
    return {place.iso2: code for code, place in load_places().items() if place.iso2} | _ABROAD


@cache
def load_numbers() -> Mapping[str, str]:
    """Return the code of every number of ISO 3166-1 and of Comtrade, in three digits."""
    return {n: row["code"] for row in read_packaged_rows("partners.csv") for n in row["un"].split("|") if n}


def find_code_kind(cells: Collection[str], n_declared: int = 0) -> CodeKind:
    """Return which codes the cells of a column are, but for fewer labels; "" where they are names."""
    n = len(cells) + n_declared
    numbers = {cell for cell in cells if cell.isascii() and cell.isdigit()}
    if numbers and 2 * len(numbers) > n:
        plain = {number.lstrip("0") or "0" for number in numbers}
        is_known = all(number.zfill(3) in load_numbers() for number in numbers)
        return "numeric" if is_known and len(plain & _LARGE) >= _N_LARGE else ""
    for length, kind in _LETTERS.items():
        if 2 * sum(_is_capitals(cell, length) for cell in cells) > n:
            return kind
    return ""


def list_doubtful_codes(cells: Collection[str], kind: CodeKind) -> frozenset[str]:
    """Return the codes of a column that are another country's in a standard whose codes the column may hold."""
    codes = {cell for cell in cells if _is_capitals(cell, 2 if kind == "alpha-2" else 3)}
    if kind == "alpha-3":
        return _IOC_OTHER if codes & _IOC_ALONE else frozenset()
    is_fips = codes <= _FIPS_SAME | _FIPS_OTHER | _FIPS_ALONE | {"UK"}
    is_fips = is_fips or bool(codes & _FIPS_ALONE - load_two_letters().keys())
    return _FIPS_OTHER if kind == "alpha-2" and is_fips else frozenset()


def _is_capitals(cell: str, length: int) -> bool:
    return len(cell) == length and cell.isascii() and cell.isalpha() and cell.isupper()
