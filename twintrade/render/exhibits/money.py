"""What the page says about the headline in money, put together in one place."""

import math
from collections.abc import Callable, Mapping

from twintrade.effects import Money
from twintrade.text import Listed, Value, amounts, find_fact, join_sentences


def describe_money(
    money: Money, say: Callable[..., str], *, outcome: str, period_name: str, names: Callable[..., list[str]]
) -> str:
    """Return what is said about the headline in money.

    ``say``: from the key of a sentence and its values to the sentence; ``names``: from names of checks to words.
    """
    shared: dict[str, Value] = {"outcome": outcome, "period_name": period_name, "level": money.level}
    shared |= {"first": money.first, "last": money.last}
    shared["who"] = money.unit_name or say("money_who", n=money.n_units)
    if money.state == "stated":
        return _state(money, say, shared)
    objecting = {"n": len(money.objecting), "names": Listed(tuple(names(money.objecting)), "comma")}
    reasons = [say(f"money_{reason}", **objecting, detail=money.detail) for reason in money.reasons]
    reason = Listed(tuple(reasons))
    if money.state == "unavailable":
        return say("money_absent", reason=reason)
    sentences = [say("money_bounded", reason=reason)]
    if money.low == money.low and math.isfinite(max(money.low, -money.high)):
        ends = {name: _end(money, say, name) for name in ("low", "high")}
        sentences.append(say("money_not_excluded", **shared, **ends))
    if math.isfinite(money.detectable):
        size = amounts.format_quantity(money.average(money.detectable), money.unit)
        sentences.append(
            say("money_detectable", **shared, size=size, how=find_fact("labels.detected-by-", money.detected_by))
        )
    return join_sentences(sentences)


def _state(money: Money, say: Callable[..., str], shared: Mapping[str, Value]) -> str:
    is_fall = money.total < 0
    low, high = _write(money, money.low, money.low_error), _write(money, money.high, money.high_error)
    if is_fall:  # so much lower: every end changes sign
        low, high = high, low
    return say(
        "money_single" if money.unit_name else "money",
        **shared,
        direction=say("lower" if is_fall else "higher"),
        value=amounts.format_quantity(abs(money.average(money.total)), money.unit),
        total=amounts.format_quantity(abs(money.total), money.unit),
        low=low,
        high=high,
    )


def _end(money: Money, say: Callable[..., str], name: str) -> str:
    """Return one end of what cannot be excluded: so much lower, so much higher, or that there is no end."""
    total = money.low if name == "low" else money.high
    if math.isinf(total):
        return say("no_lower_end" if name == "low" else "no_end")
    size = _write(money, total, money.low_error if name == "low" else money.high_error)
    return f"{size} {say('lower' if total < 0 else 'higher')}"


def _write(money: Money, end: float, error: float) -> str:
    """Return the size of an end on average a period, to the digits that other draws would leave."""
    return amounts.format_quantity(abs(money.average(end)), money.unit, money.average(error))
