"""The page of a watch: one sentence, the path with its narrowing set, looks done and to come, what can be learned."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure as Drawing

from twintrade.render import blocks
from twintrade.render.citing import WORDS, Sources, cite
from twintrade.render.exhibits.data_card import build_status
from twintrade.render.figures.percent_paths import choose_frame, name_changes
from twintrade.render.figures.points import draw_interval, name_point, write_change
from twintrade.render.figures.raw_series import choose_periods, name_periods
from twintrade.render.figures.theme import add_legend_below, draw_zero_line, open_figure
from twintrade.render.page import Page
from twintrade.render.reading import Record, list_records, read_number, read_truth, read_words, take_text
from twintrade.render.style import Theme
from twintrade.render.tables.plain import build_plain_table
from twintrade.text import Text, Value

MOST_ROWS, LAST_ROWS, TO_COME = 12, 8, 3  # looks of the table, and of a longer list those done and those to come
ENDS = ("low", "high", "constant_low", "constant_high")  # of both sets of a look
POWER = 0.8


def build_watch(page: Page) -> list[blocks.Block]:
    """Return the page of a watch, without its limits and how to cite it."""
    payloads, results = page.results.payloads, page.results
    (facts,) = list_records(payloads["watch"])
    looks, learned = list_records(payloads["watch_path"]), payloads["watch_learned"]
    done = [look for look in looks if take_text(look["taken"])]
    rang = [look for look in done if read_truth(look["rang"])]
    at, now = (rang or done[-1:] or looks)[0], (done or looks)[-1]
    words: dict[str, Value] = {key: value for key, value in facts.items() if isinstance(value, str | int | float)}
    words |= {"state": "rang" if rang else "quiet" if done else "none", "at": take_text(at["period_label"])}
    words |= {"question": results.sections.get("question", results.title), "power": POWER}
    mean, rise = read_number(at["mean"]), read_number(now["rise_seen"])
    words |= {"size": abs(math.expm1(mean)) if mean == mean else 0, "moved": "lower" if mean < 0 else "higher"}
    words |= {"seen": rise if rise == rise else 0}
    lead = blocks.Lead(_say("answer", **words), results.title)
    content: list[blocks.Block] = [blocks.Heading(1, _say("title", **words), "top"), lead]
    if results.is_simulated:
        note = blocks.build_spans(page.say("simulated"), " ", _say("planted", **words))
        content.append(blocks.Note("simulated", note))
    content += build_status(page)
    if done:
        frame, n = payloads["watch_path"], len(done)
        alt, drawing = _say("alt", n=n, to_come=len(looks) - n), _draw_path(frame, page.theme)
        content.append(page.figure("watch-path", _say("figure"), drawing, alt, frame, notes=(_say("figure-note"),)))
        content.append(_put("seen", _say("seen", **_list_seen(done))))
    learning = _put("learned", read_words(dict(results.sections), "learned"))
    content += [_tabulate_looks(looks, done, rang[:1]), learning]
    content += [_tabulate_learned(learned, int(facts["n_pairs"]))] if len(learned) else []
    content += [_put(key, _say(key, **words)) for key in ("sure", "rests")]
    return [*content, build_plain_table(payloads["watch_pairs"], "watch-pairs", _say("pairs"))]


def _say(key: str, **values: Value) -> str:
    return str(Text(f"watch.{key}", **values))


def _put(key: str, text: str) -> blocks.Aside:
    return blocks.Aside(_say(f"head-{key}"), (blocks.build_paragraph(text),))


def _list_seen(done: Sequence[Record]) -> dict[str, Value]:
    """Return the values of what was seen by the last look; a set that is not there is named so."""
    mean, low, high, least, most, half = (read_number(done[-1][name]) for name in ("mean", *ENDS, "half_width"))
    kind = "none" if low != low else "empty" if least > most else "both"
    seen: dict[str, Value] = {"at": take_text(done[-1]["period_label"]), "mean": mean, "kind": kind}
    seen |= {"low": low, "high": high, "constant_low": least, "constant_high": most}
    seen |= {"is_long": half == half, "from": mean - half, "to": mean + half}
    return seen | {"revised": sum(read_truth(look["is_revised"]) for look in done)}


def _draw_path(frame: pd.DataFrame, theme: Theme) -> Drawing:
    """Draw the mean change at each look inside its set; looks to come stand on the line at zero."""
    names = name_periods(frame)
    ticks, bounds = choose_frame(frame[["mean", "low", "high", "now"]].to_numpy(dtype=float).ravel())
    marks = {"to-come": ("|", theme.muted), "seen": ("o", theme.after), "rang": ("D", theme.before)}
    marks["revised"] = ("x", theme.ink)
    with open_figure(theme, 3.0) as figure:
        axes, handles = figure.subplots(), {}
        draw_zero_line(axes, theme)
        for look in list_records(frame):
            x, low, high = (read_number(look[name]) for name in ("period", "low", "high"))
            mean, now = (read_number(look[name]) for name in ("mean", "now"))
            points = [("to-come", 0.0) if mean != mean else ("rang" if read_truth(look["rang"]) else "seen", mean)]
            points += [("revised", now)] if read_truth(look["is_revised"]) else []
            for key, y in points:
                mark, colour = marks[key]
                edge, label = colour if mark in "|x" else "white", _say(f"mark-{key}")
                handles[key] = axes.plot(x, y, mark, color=colour, mec=edge, ms=6, zorder=3, label=label)[0]
            if low == low:
                draw_interval(axes, x, (low, high), bounds, color=theme.after, alpha=0.35, linewidth=4.0)
            name_point(axes, (x, mean), names[x], (mean, low, high), write_change)
        axes.set_ylim(*bounds)
        axes.set_yticks(*name_changes(ticks, " %"))
        axes.set_xticks(*choose_periods(names, 10))
        add_legend_below(figure, list(handles.values()), theme, 4)
    return figure


def _write_set(look: Record, names: Sequence[str]) -> str:
    low, high = (read_number(look[name]) for name in names)
    if low > high:
        return _say("not-constant")
    ends = {"low": write_change(low), "high": write_change(high)}
    return str(Text("numbers.interval", **ends)) if low == low else ""


def _tabulate_looks(looks: list[Record], done: list[Record], alarm: list[Record]) -> blocks.Table:
    """Return looks done and the next to come; of many the last ones, and where it first rang."""
    near = looks[max(len(done) - LAST_ROWS, 0) : len(done) + TO_COME]
    shown = looks if len(looks) <= MOST_ROWS else [look for look in looks if look in near or look in alarm]
    rows = []
    for look in shown:
        can, rang, mean = read_truth(look["can_ring"]), read_truth(look["rang"]), read_number(look["mean"])
        state = "to-come" if look not in done else "rang" if rang else "quiet" if can else "cannot"
        now = write_change(read_number(look["now"])) if read_truth(look["is_revised"]) else ""
        sets = (_write_set(look, names) for names in (ENDS[:2], ENDS[2:]))
        cells = write_change(mean) if mean == mean else "", now, *sets, _say(f"state-{state}")
        rows.append((take_text(look["period_label"]), take_text(look["taken"]), *cells))
    heads = ("look", "taken", "mean", "now", "set", "constant", "state")
    frame = pd.DataFrame(rows, columns=[_say(f"column-{head}") for head in heads])
    notes = [_say("looks-note", n=len(looks), done=len(done), shown=len(shown))]
    cited = {"mean": ("mean",), "now": ("now",), "set": ENDS[:2], "constant": ENDS[2:]}
    sources = {_say(f"column-{head}"): [cite(k, *c, form="log") for k in shown] for head, c in cited.items()}
    sources[_say("column-taken")] = [cite(look, "taken", form=WORDS) for look in shown]
    return build_plain_table(frame, "watch-looks", _say("looks"), notes=notes, sources=sources)


def _tabulate_learned(learned: pd.DataFrame, n_pairs: int) -> blocks.Table:
    """Return how often each rise rings within how many years, and how many agreements make that four in five."""
    years, most = sorted(set(learned["years"])), int(learned["n_pairs"].max())
    rows, heads = [], [_say("column-rise"), *(_say("column-years", n=int(year)) for year in years)]
    sources: dict[str, list[Sources]] = {head: [] for head in heads[1:]}
    heads.append(_say("column-needed", years=int(years[-1]), power=POWER))
    sources[heads[-1]] = []
    for rise in sorted(set(learned["rise"])):
        same = list_records(learned[learned["rise"] == rise].sort_values(["n_pairs", "years"]))
        shown = [row for row in same if row["n_pairs"] == n_pairs]
        enough = next((row for row in same if row["years"] == years[-1] and row["share"] >= POWER and rise), None)
        needed = str(enough["n_pairs"]) if enough else _say("needs-more", n=most) if rise else ""
        rows.append((_say("rise", rise=rise), *(_say("share", share=row["share"]) for row in shown), needed))
        cited = [*(cite(row, "share", form="share") for row in shown), cite(enough or same[-1], "n_pairs")]
        for head, source in zip(heads[1:], cited, strict=True):
            sources[head].append(source)
    frame, notes = pd.DataFrame(rows, columns=heads), [_say("learned-note")]
    return build_plain_table(frame, "watch-learned", _say("table-learned"), notes=notes, sources=sources)
