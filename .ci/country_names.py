"""Writes the names of countries in the languages of CLDR: python .ci/country_names.py (needs babel)."""

import csv
import sys
from collections import defaultdict
from pathlib import Path

from babel import Locale

from twintrade.data.geography.country_names import fold_words
from twintrade.data.sources.provenance import read_packaged_rows

LANGUAGES = """en zh zh_Hant zh_Hant_HK fr de es pt pt_PT it ja ko ru ar tr vi id pl nl sv cs el th hi fa uk he fi da
hu ro nb bg hr sk ca et lt lv ms sl sr"""
SUMS = {
    "+WORLD": "001",
    "+AFRICA": "002 011 014 015 017 202",
    "+AMERICA": "003 005 013 021 029 419",
    "+ASIA": "030 034 035 142 143 145",
    "+EUROPE": "150 151 154 155",
    "+OCEANIA": "009 053 054 061 QO",
    "+EU": "EU EZ",
    "+AREAS": "UN",
}
"""Regions of CLDR by the sum of this program; not those whose name is elsewhere a country's (Southern Africa)."""
CODES = {number: code for code, numbers in SUMS.items() for number in numbers.split()}


def list_names(language: str) -> list[tuple[str, str]]:
    """Return the folded names of a language with the code of each."""
    codes = CODES | {
        row["iso2"]: row["code"] for row in read_packaged_rows("partners.csv") if row["kind"] != "aggregate"
    }
    named = Locale.parse(language).territories.items()
    return [(fold_words(name), codes[territory]) for territory, name in named if territory in codes]


def write_table(out: Path) -> None:
    """Write one row a name and code, with the languages that say it so."""
    languages: dict[tuple[str, str], list[str]] = defaultdict(list)
    countries = {fold_words(row["chinese"]) for row in read_packaged_rows("partners.csv") if row["iso2"]}
    for language in LANGUAGES.split():
        for name, code in sorted(set(list_names(language))):
            if (
                code[0] != "+" or name not in countries
            ):  # 中非 is Middle Africa in CLDR, and a country of China's customs
                languages[name, code].append(language.split("_")[0])
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["name", "code", "languages"])
        writer.writerows((*name, " ".join(dict.fromkeys(found))) for name, found in sorted(languages.items()))


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    write_table(Path(sys.argv[1]) if sys.argv[1:] else here / "twintrade" / "data" / "country_names.csv")
