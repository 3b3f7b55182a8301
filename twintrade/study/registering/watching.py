"""Agreements that are watched while they run: what is fixed before signing, each look, and what the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from twintrade.data.calendar import Frequency, parse_date
from twintrade.design import Panel, Treatment
from twintrade.effects.result_set import Deviation
from twintrade.errors import SpecError, StoreError
from twintrade.numerics import sequential
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.study.observing.observe import Observed
from twintrade.study.plan.designs import Designs
from twintrade.study.registering import deviations as registering
from twintrade.study.spec.analysis import Spec, WatchSection, resolve_spec
from twintrade.study.store.fingerprint import FOLDER, hash_bytes
from twintrade.study.store.folder import write_beside
from twintrade.text import Listed, Text
from twintrade.version import __version__

# The table as a rectangle, and the portfolios that are drawn from it.

FEWEST_YEARS, FEWEST_ALIKE, MOST_STRATA, DEFAULT_CONTROLS = 3, 100, 20, 199
SIZES, RISES, YEARS, POWER = (1, 2, 5, 10, 20, 40), (0.0, 0.10, 0.25, 0.50, 1.00), (1, 3, 5, 8), 0.8
QUARTER = 0.25  # the rise that is named in a sentence
LEARNED = ("n_pairs", "rise", "years", "share")
FEWEST_LABELS = 80  # portfolios of another size from which shares are told
EARLY, HALF = 0.10, 0.5  # a rank before signing that objects; a share of weight that makes a watch one of one pair
TRIES = 60  # rounds of draws before a rule has no more portfolios to give


@dataclass(frozen=True, slots=True, eq=False)
class WatchTable:
    """Outcomes of all pairs by period, and since when each has an agreement."""

    units: tuple[str, ...]
    city: IntArray  # (n_pairs,), as is partner
    partner: IntArray
    values: FloatArray  # (n_pairs, n_periods)
    periods: IntArray  # (n_periods,)
    frequency: Frequency
    onset: FloatArray  # (n_pairs,): infinite without an agreement, minus infinite where its date is not known

    def until(self, period: int) -> "WatchTable":
        """Return the table as it stood when it ended with a period."""
        kept = self.periods <= period
        return replace(self, values=self.values[:, kept], periods=self.periods[kept])

    def remove_means(self, n_before: int, kept: BoolArray) -> sequential.TwoWay:
        """Return residuals of the kept pairs; a period without trade counts half of the least before signing."""
        values = self.values[kept]
        least = np.where(values > 0, values, np.inf)[:, :n_before].min(axis=1, keepdims=True) / 2
        logs = np.log(np.where(values <= 0, least, values))
        city, partner = (np.unique(codes[kept], return_inverse=True)[1] for codes in (self.city, self.partner))
        return sequential.remove_two_way(logs, city, partner)


def build_watch_table(panel: Panel, outcome: str, treatment: Treatment | None = None) -> WatchTable:
    """Return a panel of pairs as a rectangle."""
    if not panel.is_dyadic or panel.waves or panel.step != 1:
        raise SpecError(Text("watch.no-pairs"))
    periods = np.arange(panel.first_period, panel.last_period + 1)
    values = np.full((panel.n_units, periods.size), np.nan)
    values[panel.unit, panel.period - panel.first_period] = panel.values(outcome)
    units, onset = tuple(map(str, panel.units)), np.full(panel.n_units, np.inf)
    if treatment is not None:
        onset = np.where(np.isin(panel.units, list(treatment.excluded)), -np.inf, treatment.onset)
    frequency = Frequency(panel.frequency)
    return WatchTable(units, panel.unit_city, panel.unit_partner, values, periods, frequency, onset)


def draw_portfolios(
    rng: np.random.Generator, pools: Sequence[IntArray], n: int, table: sequential.TwoWay, but: IntArray
) -> IntArray:
    """Return portfolios with a pair from the pool of each place, no two of the same pairs, and none that is ``but``.

    Every one leaves other pairs from which its effects of city and partner can be estimated.
    """
    taken, groups = {tuple(sorted(but.tolist())): [0] * len(pools)}, dict[bytes, list[int]]()
    for place, pool in enumerate(pools):
        groups.setdefault(pool.tobytes(), []).append(place)
    is_enough = all(pools[places[0]].size >= len(places) for places in groups.values())
    for _ in range(TRIES if is_enough else 0):
        drawn = np.empty((n, len(pools)), dtype=np.int64)
        for places in groups.values():
            drawn[:, places] = rng.permuted(np.tile(pools[places[0]], (n, 1)), axis=1)[:, : len(places)]
        distinct = [row for row in drawn.tolist() if len(set(row)) == len(row)]
        new = {key: row for row in distinct if (key := tuple(sorted(row))) not in taken}
        if new:
            first = sequential.compute_left_out_residuals(table, np.array(list(new.values())))[:, :, 0]
            usable = np.flatnonzero(np.isfinite(first).all(axis=1))
            taken |= dict(list(new.items())[k] for k in usable)
        if len(taken) > n:
            break
    return np.array(list(taken.values())[1 : n + 1], dtype=np.int64).reshape(-1, len(pools))


# What is fixed before signing.


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPlan:
    """A watch as it was registered."""

    analysis: str
    version: str
    registered: str  # date and time, UTC; empty for a rehearsal
    specification: Mapping[str, Any]
    pairs: tuple[str, ...]
    starts: tuple[int, ...]  # first period of each pair under its agreement
    weights: tuple[float, ...]
    looks: tuple[int, ...]  # last period of each look
    alpha: float
    allowed: tuple[int, ...]  # labels that may have crossed by each look
    pool: tuple[str, ...]  # pairs from which effects of city and partner are estimated and controls are drawn
    controls: tuple[tuple[str, ...], ...]
    alike: tuple[int, ...]  # pairs that each place is drawn from
    n_gaps: int  # pairs left out for periods without trade before signing
    p_before: float  # rank of the portfolio's growth in the year before signing among its controls
    learned: tuple[tuple[int, float, int, float], ...]  # pairs, lasting rise, years, probability that it rings


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenLook:
    """One look: what it saw, in the release of its time."""

    look: int  # last period
    taken: str  # date
    release: str  # hash of the outcomes until then
    mean: float  # mean change since signing, in log points
    bound: float | None  # size above which it rings; none where it cannot yet
    rang: bool
    rise_seen: float | None  # lasting rise that would have rung by now four times in five
    half_width: float | None  # of the asymptotic confidence sequence
    crossed: tuple[int, ...]  # controls that cross at this look
    n_signed: int  # controls of which half by weight have signed


def read_starts(section: WatchSection, table: WatchTable, late_from: int = 12) -> IntArray:
    """Return the first period of each pair of the portfolio under its agreement."""
    starts = []
    for unit, text in section.portfolio.items():
        try:
            date = parse_date(text)
            is_late = table.frequency.per_year == 1 and (date.month or 1) >= late_from
            starts.append(table.frequency.ordinal(date.year, date.month) + is_late)
        except ValueError as error:
            raise SpecError(Text("watch.no-date", pair=unit, date=text, reason=str(error))) from None
    return np.array(starts, dtype=np.int64)


def plan_watch(
    name: str, section: WatchSection, table: WatchTable, seed: int, late_from: int = 12,
    specification: Mapping[str, Any] | None = None, now: str = "",
) -> WatchPlan:  # fmt: skip
    """Fix a watch from the periods before the first signing; nothing later is looked at."""
    starts, rng = read_starts(section, table, late_from), np.random.default_rng([seed, 51])
    table = table.until(int(starts.min()) - 1)
    looks = _lay_looks(section, table, starts)
    kept, n_gaps = _find_pool(section, table, starts)
    pool, sizes = np.array(table.units)[kept], np.log(table.values[kept]).mean(axis=1)
    pairs = np.array([int(np.flatnonzero(pool == unit)[0]) for unit in section.portfolio])
    residuals = table.remove_means(table.periods.size, kept)
    if np.isnan(sequential.compute_left_out_residuals(residuals, pairs[None])[0, :, 0]).any():
        raise SpecError(Text("watch.alone"))
    needed = int(np.ceil(looks.size / section.alpha - 1e-9)) - 1
    n_controls = section.controls or max(DEFAULT_CONTROLS, needed)
    fewest = n_controls + 1 if pairs.size == 1 else FEWEST_ALIKE
    pools = choose_pools(section, sizes, table.partner[kept], pairs, fewest)
    controls = draw_portfolios(rng, pools, n_controls, residuals, pairs)
    if section.controls is None:  # so many that alpha is spent to the last label
        n_cross = np.floor(section.alpha * (len(controls) + 1) + 1e-9)
        controls = controls[: max(int(n_cross / section.alpha + 1e-9) - 1, 0)]
    if section.alpha * (len(controls) + 1) < (looks.size if section.boundary == "linear" else 1) - 1e-9:
        values = {"n": len(controls), "needed": needed, "looks": looks.size, "boundary": section.boundary}
        raise SpecError(Text("watch.few-controls", **values))
    portfolios, spread = np.vstack([pairs, controls]), residuals.residuals.var(axis=1)
    weights = 1 / np.array([np.median(spread[pool]) for pool in pools])
    allowed = sequential.count_allowed(len(portfolios), section.alpha, section.boundary, looks.size)
    plan = WatchPlan(
        analysis=name, version=__version__, registered=now, specification=specification or {}, alpha=section.alpha,
        pairs=tuple(section.portfolio), starts=tuple(starts.tolist()),
        weights=tuple((weights / weights.sum()).tolist()), pool=tuple(pool.tolist()), n_gaps=n_gaps,
        looks=tuple(looks.tolist()), allowed=tuple(allowed.tolist()),
        controls=tuple(map(tuple, pool[controls].tolist())), alike=tuple(map(len, pools)), learned=(),
        p_before=_rank_growth(residuals, portfolios, weights, table.frequency.per_year),
    )  # fmt: skip
    return replace(plan, learned=_learn(plan, residuals, pools, portfolios, table.frequency.per_year, rng))


def _lay_looks(section: WatchSection, table: WatchTable, starts: IntArray) -> IntArray:
    n, per_year = table.periods.size, table.frequency.per_year
    per_look = per_year // {"year": 1, "quarter": 4, "month": 12}[section.looks]
    if per_look < 1:
        raise SpecError(Text("watch.looks-too-often", looks=section.looks, period_name=table.frequency.value))
    if n < FEWEST_YEARS * per_year:
        raise SpecError(Text("watch.no-years-before", n=n // per_year, first=table.frequency.label(starts.min())))
    return np.asarray(starts.min() + per_look * np.arange(1, section.horizon * per_year // per_look + 1) - 1)


def _find_pool(section: WatchSection, table: WatchTable, starts: IntArray) -> tuple[BoolArray, int]:
    """Return which pairs can be drawn, and how many cannot for periods without trade; refuse other portfolios."""
    is_open, is_whole = table.onset >= starts.min(), np.all(np.nan_to_num(table.values) > 0, axis=1)
    for unit in section.portfolio:
        place = table.units.index(unit) if unit in table.units else -1
        if place < 0 or not (is_open[place] and is_whole[place]):
            why = "unknown" if place < 0 else "gaps" if is_open[place] else "linked"
            raise SpecError(Text("watch.pair-not-usable", pair=unit, why=why))
    return is_open & is_whole, int((is_open & ~is_whole).sum())


def choose_pools(
    section: WatchSection, sizes: FloatArray, partner: IntArray, pairs: IntArray, fewest: int
) -> list[IntArray]:
    """Return the pairs that each place of the portfolio is drawn from, by the one rule that is registered."""
    if section.alike == "partner":
        return [np.flatnonzero(partner == partner[pair]) for pair in pairs]
    if section.alike == "nearest":
        return [np.sort(np.argsort(np.abs(sizes - sizes[pair]), kind="stable")[:fewest]) for pair in pairs]
    n_strata = int(np.clip(sizes.size // fewest, 1, MOST_STRATA))
    stratum = np.argsort(np.argsort(sizes, kind="stable"), kind="stable") * n_strata // sizes.size
    return [np.flatnonzero(stratum == stratum[pair]) for pair in pairs]


def _rank_growth(table: sequential.TwoWay, portfolios: IntArray, weights: FloatArray, n_a_year: int) -> float:
    """Return the share of labels whose last year before signing left the years before as far as the portfolio's."""
    n = table.residuals.shape[1]
    residuals, starts = sequential.compute_left_out_residuals(table, portfolios), np.full(weights.size, n - n_a_year)
    scores = sequential.score_portfolios(residuals, n - n_a_year, starts, weights, np.array([n - 1]), n_a_year)
    return float((np.abs(scores) >= np.abs(scores[0])).mean())


def _learn(
    plan: WatchPlan, table: sequential.TwoWay, pools: Sequence[IntArray], drawn: IntArray, n_a_year: int,
    rng: np.random.Generator,
) -> tuple[tuple[int, float, int, float], ...]:  # fmt: skip
    """Return how often lasting rises ring, by pairs, rise and years: as if the agreements had begun years earlier."""
    n, first = table.residuals.shape[1], min(plan.starts)
    most = min(n // n_a_year - FEWEST_YEARS, (plan.looks[-1] - first + 1) // n_a_year)
    years, begin = [y for y in YEARS if y <= most], n - most * n_a_year
    looks = np.array([look - first + begin for look in plan.looks if look - first + begin < n])
    learned = []
    for size in sorted({len(pools), *SIZES}) if years else ():
        places, none = [k % len(pools) for k in range(size)], np.array([], dtype=np.int64)
        is_same = size == len(pools)
        some = drawn if is_same else draw_portfolios(rng, [pools[k] for k in places], len(drawn), table, none)
        if len(some) < min(len(drawn), FEWEST_LABELS):
            continue
        starts = np.array([min(plan.starts[k] - first + begin, n - 1) for k in places])
        weights, residuals = np.array(plan.weights)[places], sequential.compute_left_out_residuals(table, some)
        scores = sequential.score_portfolios(residuals, begin, starts, weights, looks, n_a_year)
        allowed = np.array(plan.allowed[: looks.size]) * len(some) // len(drawn)
        bounds = sequential.find_bounds_without_each(scores, allowed)
        for rise in RISES:
            shares = sequential.compute_ring_share(scores, bounds, float(np.log1p(rise)))
            at = [int((looks < begin + y * n_a_year).sum()) - 1 for y in years]
            learned += [(size, rise, y, float(shares[k])) for y, k in zip(years, at, strict=True)]
    return tuple(learned)


# A look: what the release of its time shows, beside the controls that have crossed by then.


def score_watch(plan: WatchPlan, table: WatchTable) -> tuple[FloatArray, FloatArray]:
    """Return scores of the portfolio and its controls by each look that is there, and the portfolio's residuals."""
    if absent := sorted(set(plan.pool) - set(table.units)):
        raise StoreError(Text("watch.controls-gone", n=len(absent), pair=absent[0]))
    kept = np.isin(table.units, plan.pool)
    place = {str(unit): k for k, unit in enumerate(np.array(table.units)[kept])}
    portfolios = np.array([[place[unit] for unit in row] for row in (plan.pairs, *plan.controls)])
    starts, looks = np.array(plan.starts) - table.periods[0], np.array(plan.looks) - table.periods[0]
    first, looks = int(starts.min()), looks[looks < table.periods.size]
    residuals = sequential.compute_left_out_residuals(table.remove_means(first, kept), portfolios)
    weights, seasons = np.array(plan.weights), table.frequency.per_year
    return sequential.score_portfolios(residuals, first, starts, weights, looks, seasons), residuals[0]


def take_looks(plan: WatchPlan, table: WatchTable, taken: Sequence[TakenLook], today: str) -> tuple[TakenLook, ...]:
    """Return the looks taken before, and every further registered one within the table; none is taken again."""
    looks = list(taken)
    for number, look in enumerate(plan.looks):
        if number < len(taken) or look > table.periods[-1]:
            continue
        then = table.until(look)
        scores, residuals = score_watch(plan, then)
        has_signed = np.isin(plan.controls, np.setdiff1d(np.array(table.units)[table.onset <= look], plan.pairs))
        signed, allowed = has_signed @ np.array(plan.weights) >= HALF, np.array(plan.allowed[: number + 1])
        others = np.where(signed, np.inf, scores[1:, number])
        is_left = np.ones(len(others), dtype=bool)
        is_left[[control for one in looks for control in one.crossed]] = False
        bound, crossed = sequential.assess_look(others, is_left, plan.allowed[number])
        mean = float(scores[0, number])
        bounds = sequential.find_bounds_without_each(scores[1:], allowed)
        rise = float(np.expm1(sequential.find_rise_seen(scores[1:], bounds, POWER)[-1]))
        looks.append(TakenLook(
            look=look, taken=today, release=hash_bytes(np.ascontiguousarray(then.values).tobytes()), mean=mean,
            bound=bound if np.isfinite(bound) else None, rang=bool(abs(mean) > bound), n_signed=int(signed.sum()),
            rise_seen=rise if np.isfinite(rise) else None, half_width=_widen(plan, then, residuals),
            crossed=tuple(crossed.tolist()),
        ))  # fmt: skip
    return tuple(looks)


def _widen(plan: WatchPlan, table: WatchTable, residuals: FloatArray) -> float | None:
    """Return the half width of the asymptotic sequence of a monthly series of five years before, none of others."""
    first, season = min(plan.starts) - int(table.periods[0]), np.arange(table.periods.size) % 12
    if table.frequency.per_year < 12 or first < 5 * 12:
        return None
    before = np.array(plan.weights) @ residuals[:, :first]
    before -= np.array([before[season[:first] == s].mean() for s in range(12)])[season[:first]]
    n, horizon = np.array([table.periods.size - first]), plan.looks[-1] - min(plan.starts) + 1
    return float(sequential.compute_sequence_widths(before, n, plan.alpha, horizon)[0])


# Registered and read back, each file under the seal of its own hash.

_PLAN, _LOOKS = TypeAdapter(WatchPlan), TypeAdapter(tuple[TakenLook, ...])
PLAN, LOOKS = "watch.json", "looks.json"
LOOKED = ("low", "high", "mean", "now", "rang", "is_revised")  # of a look as it is printed


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """A plan, the looks taken, and the table as it now is."""

    plan: WatchPlan
    looks: tuple[TakenLook, ...]
    table: WatchTable
    observed: Observed
    deviations: tuple[Deviation, ...] = ()


def read_plan(root: Path, name: str) -> WatchPlan | None:
    """Return the registered watch of an analysis; None where there is none."""
    path = f"{FOLDER}/{name}/{PLAN}"
    return registering.read_sealed(root / path, path, "watch", _PLAN) if (root / path).is_file() else None


def seal_plan(plan: WatchPlan) -> bytes:
    """Return a watch as the file that is sealed."""
    return registering.seal_content(_PLAN.dump_python(plan, mode="json"), "watch")


def open_watch(name: str, spec: Spec, section: WatchSection, _: Path, observed: Observed, now: str) -> Watch:
    """Fix a watch now; one whose table already holds periods after the first signing can only be rehearsed."""
    late_from = spec.design.treatment.late_from
    table = build_watch_table(observed.panel, spec.design.outcome, Designs(observed).treatment(spec.design))
    first, label = int(read_starts(section, table, late_from).min()), table.frequency.label
    if now and table.periods[-1] >= first:
        raise StoreError(Text("watch.too-late", first=label(first), last=label(int(table.periods[-1]))))
    fixed = registering.select_registered(resolve_spec(spec))
    return Watch(plan_watch(name, section, table, spec.inference.seed, late_from, fixed, now), (), table, observed)


def look_again(
    name: str, spec: Spec, section: WatchSection, root: Path, observed: Observed, today: str, at: str = ""
) -> Watch:
    """Take the registered looks that the table reaches, until one named by its period; simulated tables rehearse."""
    plan = read_plan(root, name)
    if plan is None and observed.is_simulated:
        rehearsed = open_watch(name, spec, section, root, observed, "")
        return replace(rehearsed, looks=take_looks(rehearsed.plan, rehearsed.table, (), today))
    if plan is None:
        raise StoreError(Text("watch.not-registered", name=name))
    differing = registering.compare_specifications(plan.specification, resolve_spec(spec))
    for one in differing:
        if one.key.split(".")[0] == "watch" or one.key == "inference.seed":
            raise StoreError(Text("watch.changed", key=one.key, registered=one.registered, now=one.now))
    table = build_watch_table(observed.panel, spec.design.outcome, Designs(observed).treatment(spec.design))
    path, last = f"{FOLDER}/{name}/{LOOKS}", int(table.periods[-1])
    taken = registering.read_sealed(root / path, path, "looks", _LOOKS) if (root / path).is_file() else ()
    labels = {table.frequency.label(look): look for look in plan.looks}
    if at and labels.get(at, last + 1) > last:
        known, end = Listed(tuple(labels), "comma"), table.frequency.label(last)
        why = "early" if at in labels else "other"
        raise StoreError(Text("watch.no-such-look", at=at, why=why, known=known, last=end))
    if taken and last < taken[-1].look:
        raise StoreError(Text("watch.shorter", last=table.frequency.label(taken[-1].look)))
    looks = take_looks(plan, table.until(labels[at]) if at else table, taken, today)
    if len(looks) > len(taken):
        content = _LOOKS.dump_python(looks, mode="json")
        write_beside(root, path, registering.seal_content(content, "looks"))
    return Watch(plan, looks, table, observed, tuple(registering.add_dates(root, name, differing, today)))


def describe_learned(plan: WatchPlan) -> Text:
    """Return what a lasting rise would do beside none, for a single pair how little that is."""
    n, last = len(plan.pairs), max((years for *_, years, _ in plan.learned), default=0)
    by_rise = {rise: share for size, rise, years, share in plan.learned if size == n and years == last}
    shares = {name: by_rise.get(rise, 0.0) for name, rise in (("none", 0.0), ("some", QUARTER), ("double", 1.0))}
    return Text("watch.learned", n=n, years=last, rise=QUARTER, **shares)


def describe_plan(watch: Watch) -> list[Text]:
    """Return what can be learned, a line a rise, as it is printed at registration."""
    plan, label, n = watch.plan, watch.table.frequency.label, len(watch.plan.pairs)
    ends = {"first": label(plan.looks[0]), "last": label(plan.looks[-1])}
    lines = [Text("watch.registered", n=n, looks=len(plan.looks), controls=len(plan.controls), **ends)]
    lines.append(describe_learned(plan))
    for rise in RISES if plan.learned else ():
        rows = [row for row in plan.learned if row[1] == rise]
        shares = {years: Text("watch.share", share=share) for size, _, years, share in rows if size == n}
        enough = min((size for size, _, y, share in rows if y == max(shares) and share >= POWER), default=0)
        years, listed = Listed(tuple(map(str, shares)), "comma"), Listed(tuple(shares.values()), "comma")
        values = {"rise": rise, "last": max(shares), "n": enough, "most": max(rows)[0], "power": POWER}
        lines.append(Text("watch.line", years=years, shares=listed, **values))
    return lines


def describe_looks(watch: Watch) -> list[Text]:
    """Return a line a look taken."""
    rows = build_path_frame(watch.plan, watch.looks, watch.table).to_dict("records")
    seen = rows[: len(watch.looks)]
    values = [{"at": row["period_label"], **{key: float(row[key]) for key in LOOKED}} for row in seen]
    lines = [Text("watch.looked", has_set=int(row["low"] == row["low"]), **row) for row in values]
    return lines or [Text("watch.looked-none", next=rows[0]["period_label"])]


def build_path_frame(plan: WatchPlan, looks: Sequence[TakenLook], table: WatchTable) -> pd.DataFrame:
    """Return one row a registered look: what was seen, the sets, and the present release's mean, in log points."""
    means, bounds = (np.array([getattr(one, key) for one in looks], dtype=float) for key in ("mean", "bound"))
    sets = sequential.build_sets(means, np.where(np.isnan(bounds), np.inf, bounds))
    now = score_watch(plan, table)[0][0][: len(looks)] if looks else means
    seen = pd.DataFrame({"mean": means, "bound": bounds, **sets})
    seen = seen.where(np.isfinite(seen)).assign(now=now, is_revised=np.abs(now - means) > 5e-4)
    for key in ("rise_seen", "half_width", "rang", "taken", "n_signed"):
        seen[key] = [getattr(one, key) for one in looks]
    frame = pd.DataFrame({"period": plan.looks, "period_label": [table.frequency.label(look) for look in plan.looks]})
    return frame.assign(can_ring=np.array(plan.allowed) > 0).join(seen)
