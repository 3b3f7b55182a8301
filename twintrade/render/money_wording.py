"""The sentences about money, and the one place where they are put together."""

import math
from collections.abc import Callable, Mapping

from twintrade.effects import Money
from twintrade.text import numbers

MONEY_SENTENCES: Mapping[str, str] = {
    "money": "In money: {outcome} of {who} were {value} a {period_name} {direction} than without the agreement, "
    "{total} in all, from {first} to {last} and as far as the comparison holds ({level} interval from {low} to "
    "{high} a {period_name}).",
    "money_single": "In money: {outcome} of {who} stood {value} a {period_name} {direction} than the comparison "
    "implies, {total} in all, from {first} to {last} ({level} interval from {low} to {high} a {period_name}). One "
    "pair cannot say that it was the agreement.",
    "money_who": "the {n} treated pairs",
    "money_absent": "In money: no amount is available, because {reason}.",
    "money_bounded": "In money: no amount is put down to agreements, because {reason}.",
    "money_not_excluded": "What the {level} interval cannot exclude, for {who} from {first} to {last}: {outcome} "
    "from {low} to {high} a {period_name}.",
    "money_detectable": "The smallest difference that would have been found with 80% probability is {size} a "
    "{period_name} (from {how}).",
    "money_zero": "the interval includes zero",
    "money_unbounded": "the inference used gives no bounded interval",
    "money_checks": "checks object ({names})",
    "money_check": "one check objects ({names})",
    "money_log": "the headline is a model of logarithms, and a logarithm has no total",
    "money_transform": "the headline is in {detail}, which has no total in money",
    "money_average": "the headline is an average that does not weigh treated rows alike, and that is no sum",
    "money_case": "these data cannot tell what happened to this pair",
    "money_error": "{detail}",
    "money_and": " and ",
}


def describe_money(
    money: Money, say: Callable[..., str], *, outcome: str, period_name: str, names: Callable[..., list[str]]
) -> str:
    """Return what is said about the headline in money.

    Parameters
    ----------
    money : Money
    say : callable
        From the key of a sentence and its values to the sentence.
    outcome, period_name : str
    names : callable
        From names of checks to words.
    """
    shared = {"outcome": outcome, "period_name": period_name, "first": money.first, "last": money.last}
    shared["level"] = numbers.format_percent(100 * money.level, 0) if money.level == money.level else ""
    shared["who"] = money.unit_name or say("money_who", n=numbers.format_count(money.n_units))
    if money.state == "stated":
        return _state(money, say, shared)
    one_check = "check" if len(money.objecting) == 1 else "checks"
    keys = [f"money_{one_check if reason == 'checks' else reason}" for reason in money.reasons]
    objecting = ", ".join(names(money.objecting))
    reason = say("money_and").join(say(key, names=objecting, detail=money.detail) for key in keys)
    if money.state == "unavailable":
        return say("money_absent", reason=reason)
    sentences = [say("money_bounded", reason=reason)]
    if money.low == money.low and math.isfinite(max(money.low, -money.high)):
        ends = {name: _end(money, say, name) for name in ("low", "high")}
        sentences.append(say("money_not_excluded", **shared, **ends))
    if math.isfinite(money.detectable):
        size = numbers.format_quantity(money.average(money.detectable), money.unit)
        sentences.append(say("money_detectable", **shared, size=size, how=money.detected_by))
    return " ".join(sentences)


def _state(money: Money, say: Callable[..., str], shared: Mapping[str, str]) -> str:
    is_fall = money.total < 0
    ends = (money.high, money.low) if is_fall else (money.low, money.high)  # so much lower: every end changes sign
    low, high = (numbers.format_quantity(abs(money.average(end)), money.unit) for end in ends)
    return say(
        "money_single" if money.unit_name else "money",
        **shared,
        direction=say("lower" if is_fall else "higher"),
        value=numbers.format_quantity(abs(money.average(money.total)), money.unit),
        total=numbers.format_quantity(abs(money.total), money.unit),
        low=low,
        high=high,
    )


def _end(money: Money, say: Callable[..., str], name: str) -> str:
    """Return one end of what cannot be excluded: so much lower, so much higher, or that there is no end."""
    total = money.low if name == "low" else money.high
    if math.isinf(total):
        return say("no_lower_end" if name == "low" else "no_end")
    size = numbers.format_quantity(abs(money.average(total)), money.unit)
    return f"{size} {say('lower' if total < 0 else 'higher')}"
