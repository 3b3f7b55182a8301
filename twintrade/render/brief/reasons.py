"""Why a brief's answer is what it is: the reasons that weigh most, the heaviest first."""

from twintrade.render.brief.facts import Facts
from twintrade.render.objecting import name_objecting
from twintrade.render.reading import find_words, list_records, read_number, take_text
from twintrade.text import Listed, Text, amounts

MOST = 2
FEW = 20
LARGE_SHARE = 0.4
"""Share of the trade of all treated pairs from which one of them is named."""


def list_reasons(facts: Facts) -> list[Text]:
    """Return the two reasons that weigh most for the verdict."""
    return (_list_for(facts) if facts.verdict != "cannot" else _list_against(facts))[:MOST]


def _list_for(facts: Facts) -> list[Text]:
    effect = facts.effect
    reasons = []
    if effect is not None and effect.has_interval:
        side = "above" if effect.percent > 0 else "below"
        ends = (effect.low, effect.low_error), (effect.high, effect.high_error)
        low, high = (amounts.format_end(*end, decimals=0) for end in ends)
        reasons.append(Text("brief.reason-range-clear", side=side, low=low, high=high))
    could_see = facts.n_judged - facts.n_cannot
    reasons.append(Text("brief.reason-no-objection", n=facts.n_judged, could=could_see))
    return reasons


def _list_against(facts: Facts) -> list[Text]:
    reasons = [_explain_objections(facts), _explain_case(facts), _explain_chance(facts), _explain_methods(facts)]
    reasons += [_explain_largest(facts), _explain_few(facts), _explain_unseen(facts)]
    return [reason for reason in reasons if reason is not None]


def _explain_objections(facts: Facts) -> Text | None:
    if not facts.n_objecting:
        return None
    names = Listed(tuple(name_objecting(facts.page)), "comma")
    return Text("brief.reason-objects", n=facts.n_objecting, names=names)


def _explain_case(facts: Facts) -> Text | None:
    effects = [one.percent for _, one in facts.methods]
    if facts.effect is not None or not effects:
        return None
    return Text("brief.reason-comparison", low=min(effects), high=max(effects), n=len(effects))


def _explain_chance(facts: Facts) -> Text | None:
    effect = facts.effect
    if effect is None or effect.chance == "excludes":
        return None
    if effect.p != effect.p:
        return explain_no_range(facts) if effect.chance == "unknown" else None
    by = effect.inference if effect.inference in ("randomization", "placebo") else "other"
    return Text("brief.reason-chance", by=by, of=max(1, round(100 * effect.p)))


def explain_no_range(facts: Facts, key: str = "brief.reason-no-range") -> Text:
    """Return a sentence about why the headline has no range, by the messages of its inference."""
    note = find_words(facts.headline or {}, "inference_note")
    n_draws = dict(note.values).get("draws") if isinstance(note, Text) else None
    why, lost = "inference", 0
    for message in list_records(facts.page.results.messages):
        words = find_words(message, "message")
        if not isinstance(words, Text) or n_draws is None:
            continue
        values = dict(words.values)
        # Event times and periods are named by plain words, averages by texts.
        is_average = isinstance(values.get("effect"), Text) and values["effect"] != Text("estimators.effect-path")
        if words.key == "inference.missing-in-draws" and is_average and values["draws"] == n_draws:
            why, lost = "draws", max(lost, int(str(values["n"])))
    return Text(key, why=why, n=lost, draws=n_draws or 0, period_name=facts.page.period_name)


def _explain_methods(facts: Facts) -> Text | None:
    effects = [one.percent for _, one in facts.methods]
    if facts.effect is None or len(effects) < 2 or min(effects) > 0 or max(effects) < 0:
        return None
    fall, rise = ("some" if round(abs(pick(effects))) else "none" for pick in (min, max))
    return Text("brief.reason-methods", low=-min(effects), high=max(effects), n=len(effects), fall=fall, rise=rise)


def _explain_largest(facts: Facts) -> Text | None:
    pairs = facts.pairs
    total = sum(read_number(p["expected"]) * read_number(p["n_periods"]) for p in pairs)
    if len(pairs) < 2 or not total > 0:
        return None
    share = read_number(pairs[0]["expected"]) * read_number(pairs[0]["n_periods"]) / total
    if share < LARGE_SHARE:
        return None
    return Text("brief.reason-largest", name=take_text(pairs[0]["name"]), share=share)


def _explain_few(facts: Facts) -> Text | None:
    return Text("brief.reason-few", n=facts.n_treated) if 1 < facts.n_treated < FEW else None


def _explain_unseen(facts: Facts) -> Text | None:
    if not facts.n_cannot:
        return None
    return Text("brief.reason-unseen", n=facts.n_cannot, of=facts.n_judged)
