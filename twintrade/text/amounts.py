"""Numbers that need a word: amounts, p-values, intervals, ticks, in the language in use."""

import math
import re

from twintrade.text.catalogue import find_catalogue
from twintrade.text.functions import find_power, write_interval, write_p, write_p_cell, write_percent, write_quantity
from twintrade.text.numbers import MINUS, choose_end_decimals, format_compact


def format_interval(
    low: object,
    high: object,
    decimals: int = 3,
    unit: str = "",
    errors: tuple[float, float] = (math.nan, math.nan),
) -> str:
    """Format an interval as "a to b"; empty where either end is missing.

    ``decimals``: at most: fewer are printed where the Monte Carlo error of an end leaves fewer; ``errors``: of the
    ends; missing where no draw could move them.
    """
    return write_interval(find_catalogue().put, low, high, decimals, unit, errors)


def format_end(value: float, error: float = math.nan, decimals: int = 1) -> str:
    """Format an end of an interval in percent with its sign, to the digits that its Monte Carlo error leaves."""
    return write_percent(value, choose_end_decimals(value, error, decimals), "always")


def format_p_cell(p: object, floor: object = None) -> str:
    """Format a p-value for a table, "0.04", "< 0.001", and never below its floor.

    ``p``: missing becomes the empty text; ``floor``: smallest p-value the method can attain; a value below it is
    printed as "≥ floor 0.04".
    """
    return write_p_cell(find_catalogue().put, p, floor)


def format_p_value(p: object, floor: object = None) -> str:
    """Format a p-value with its relation: "p = 0.04", "p < 0.001", "p ≥ floor 0.04"."""
    return write_p(find_catalogue().put, p, floor)


def format_quantity(value: object, unit: str = "", error: float = math.nan) -> str:
    """Format an amount for prose with its unit, "1.24 billion US dollars", to the digits that its error leaves."""
    catalogue = find_catalogue()
    return write_quantity(catalogue.put, value, catalogue.name(unit), error)


def format_tick(value: float) -> str:
    """Format a tick label, with the language's word for its size where numbers are long."""
    put = find_catalogue().put
    power = find_power(value, [int(p) for p in put("numbers.tick-powers", {}).split()])
    if power:
        amount = _trimmed(format_compact(round(value / 10**power, 6), 3))
        return put("numbers.tick", {"amount": amount, "power": power})
    return _trimmed(format_compact(round(value, 9), 3))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_ONE = re.compile(
    r"(?<![\d.,−-])1 ((?:treated |untreated |further )?)"
    r"(row|unit|period|pair|donor|placebo|check|specification|cluster)s\b"
)


def correct_singular(sentence: str) -> str:
    """Return a sentence with "1 units" as "1 unit", for the nouns a sentence of the report counts."""
    return _ONE.sub(r"1 \1\2", sentence)


_HYPHEN = re.compile(r"(?<![\w.,)\]−–-])-(?=\d)")
_POWER = re.compile(r"(?<![\w.])\d(?:\.\d+)?e\+\d+\b")
_SPACED = re.compile(r"(?<=\d) %")


def typeset(sentence: str) -> str:
    """Return a sentence of a check as the page prints it: true minus, "5%", "1 unit", and no powers of ten."""
    sentence = _POWER.sub(lambda match: format_quantity(float(match.group())), sentence)
    return correct_singular(_SPACED.sub("%", _HYPHEN.sub(MINUS, sentence)))
