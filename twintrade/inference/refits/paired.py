"""How far two estimates of one target lie apart under assignments that could have come about as well."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from twintrade.design import Design
from twintrade.estimators.base import Fit
from twintrade.estimators.repeating import Null, OneStep
from twintrade.inference.refits.few_treated import TIE, compare_in_turn
from twintrade.inference.refits.permutation import SHIFTED, Permuted, estimate_overall, is_linear, permute
from twintrade.inference.refits.ratio_inversion import LARGEST, is_ratio, take_logs
from twintrade.inference.refits.reassignment import Dealing, find_observed_onsets
from twintrade.inference.refits.studentizing import build_studentizer, keep_shown
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

# What a randomization has estimated, kept with the design for the checks that ask under the same assignments.

DEALT_BY = ("across", "strata", "signers", "hazard", "statistic")
"""Options by which assignments are dealt, and the overall effect is estimated under them."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownDraws:
    """The overall effect under the assignments of one randomization."""

    options: dict[str, Any]  # of the randomization
    seed: int  # of the assignments
    dealing: Dealing
    kept: IntArray  # draws that gave an estimate
    overall: Permuted

    def deal(self, options: dict[str, Any], most: int, rng: np.random.Generator) -> Dealing | None:
        """Return so many of the assignments, or all there are; None for other options, or where they are too few."""
        onsets, is_complete = self.dealing.onsets, self.dealing.is_complete
        if any(self.options[name] != options[name] for name in DEALT_BY) or (len(onsets) < most and not is_complete):
            return None
        if len(onsets) <= most:
            return self.dealing
        chosen = rng.permutation(len(onsets))[:most] if is_complete else range(most)
        return replace(self.dealing, onsets=tuple(onsets[k] for k in chosen), is_complete=False)

    def estimate_left(self, fit: Fit, onsets: Sequence[FloatArray], effect: float) -> FloatArray | None:
        """Return the effect under some first draws, and in one step the real one, where an effect is taken out.

        ``effect``: in log points or, for a linear estimate, as it is. Returns (n_draws + 1,): naN where there is
        none; None where these draws or this effect are not known.
        """
        pairs = zip(onsets, self.dealing.onsets, strict=False)
        if len(onsets) > len(self.dealing.onsets) or not all(np.array_equal(*pair) for pair in pairs):
            return None
        out, real = np.full(len(self.dealing.onsets) + 1, np.nan), np.nan
        if is_linear(fit):
            out[self.kept] = self.overall.effects[:, 0] - effect * self.overall.post_slopes[:-1, 0]
        elif self.overall.near is not None and self.overall.near[0] == effect and self.options["noise"] != "by_row":
            *drawn, real = self.overall.near[1][:, 0]
            out[self.kept] = drawn
        return None if np.isnan(out).all() else np.append(out[: len(onsets)], real)


def keep_draws(fit: Fit, known: KnownDraws) -> None:
    """Keep the draws of an estimate, unless more are kept: what checks compare with does not hang on their order."""
    kept = find_draws(fit)
    if kept is None or len(kept.dealing.onsets) <= len(known.dealing.onsets):
        fit.design.workings["draws", fit.estimator] = known


def find_draws(fit: Fit) -> KnownDraws | None:
    """Return the draws of an estimate if they were kept."""
    known: KnownDraws | None = fit.design.workings.get(("draws", fit.estimator))
    return known


FEWEST_DRAWS = 19


EstimateSome: TypeAlias = Callable[[IntArray], FloatArray]
"""From places of draws and, last, of the real assignment to effects; NaN for the real one unless made in one step."""


@dataclass(frozen=True, slots=True)
class DrawnDifference:
    """An interval and a p-value of one estimate less another, on the scale of both."""

    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class DrawnHeadline:
    """The headline under other assignments, without its own effect: one for all changes compared with it."""

    # fit, left: As estimated, and on the outcome without its effect
    fit: Fit
    left: Fit
    onsets: tuple[FloatArray, ...]  # the draws
    moves: "tuple[_Reassignment, ...]"  # where these put each agreement
    # (n_draws + 1,): in logs where they are in percent; the real one last, NaN where draws are refits
    effects: FloatArray
    scales: FloatArray  # (n_draws + 1,): what differences are compared over
    is_random: bool = True  # whether the draws are in random order, and not all that there are

    def compare(self, again: Fit, level: float = 0.95) -> DrawnDifference | None:
        """Return how unusual the difference of another estimate is among those under other assignments.

        Both estimates are made anew under each assignment. What the changed design does to an agreement (another
        onset, rows left out) goes where the agreement goes; what it does to other units stays. A constant shift of
        the difference moves no draw, so the interval is the difference plus and minus the draws' critical size, at
        the real assignment's noise. Draws in one step stand beside the real difference in one step: the interval is
        around that one, widened to the printed difference, and where their signs differ p is 1, as where the
        difference is rounding. Draws end early where p cannot come down to 1 - ``level``. None where too few draws
        give both estimates.
        """
        estimate, n = self.fit.view("overall"), len(self.onsets)
        real = take_logs(estimate, np.array([estimate.effects[0], again.view("overall").effects[0]]))
        difference, scale = float(real[1] - real[0]), self.scales[-1]
        known = _find_left(self.fit, again, self.onsets) if again.design is self.fit.design else None
        estimate_some: EstimateSome = (
            _prepare_changed(self.left, _take_out(self.fit, again), self.moves)
            if known is None
            else known.__getitem__
        )

        def draw(run: range) -> tuple[float, FloatArray]:
            at = np.append(run, n)
            drawn = (take_logs(estimate, estimate_some(at)) - self.effects[at]) / self.scales[at]
            observed = difference / scale if np.isnan(self.effects[-1]) else float(drawn[-1])
            return observed, drawn[:-1][np.isfinite(drawn[:-1])]

        observed, drawn, p = compare_in_turn(draw, n, level, ends_early=self.is_random and known is None)
        if drawn.size < FEWEST_DRAWS or not np.isfinite([difference, observed]).all():
            return None
        needed = int(np.floor((1 - level) * (drawn.size + 1) + TIE))
        critical = float(np.sort(np.abs(drawn))[-needed]) if needed else np.inf
        if abs(difference) <= TIE * max(1.0, abs(real[0])) or observed * difference < 0:
            p = 1.0
        ends = [min((observed - critical) * scale, difference), max((observed + critical) * scale, difference)]
        if is_ratio(self.fit):
            ends = [end if abs(end) <= LARGEST else np.copysign(np.inf, end) for end in ends]
        if estimate.scale == "percent":
            ends = [100 * float(np.exp(real[0]) * np.expm1(end)) for end in ends]
        return DrawnDifference(ends[0], ends[1], p)


def draw_headline(
    fit: Fit,
    onsets: Sequence[FloatArray],
    rng: np.random.Generator,
    *,
    has_noise_by_size: bool,
    is_random: bool = True,
) -> DrawnHeadline | None:
    """Estimate the headline under other assignments of what its effect leaves; None where none can be taken out.

    ``onsets`` (panel.n_units,): the draws; ``rng``: deals agreements of one onset among the places that a draw gives
    them; ``has_noise_by_size``: compare differences over the noise of the treated units, by size.
    """
    if not (is_linear(fit) or is_ratio(fit)):
        return None
    left = _take_out(fit, fit)
    estimated = _find_left(fit, fit, onsets)
    if estimated is None:
        estimated = _prepare_draws(left, left, left.design, onsets)(np.arange(len(onsets) + 1))
    effects = take_logs(fit.view("overall"), estimated)
    scales = np.ones(effects.size)
    if has_noise_by_size:
        studentizer = build_studentizer(left, ["overall"], onsets)
        model = None if is_linear(left) else left.estimator.one_step(left.design)
        if model is not None:
            studentizer.learn(_fit_null(left, model))
        scales = studentizer.scale("overall", 0)
    moves = tuple(_Reassignment.find(fit.design, one, rng) for one in onsets)
    return DrawnHeadline(fit, left, tuple(onsets), moves, effects, scales, is_random)


def _find_left(fit: Fit, again: Fit, onsets: Sequence[FloatArray]) -> FloatArray | None:
    """Return what is known of an estimate under the draws on the outcome without the headline's effect."""
    known, estimate = find_draws(again), fit.view("overall")
    effect = float(take_logs(estimate, estimate.effects)[0])
    return None if known is None else known.estimate_left(again, onsets, effect)


def _take_out(fit: Fit, again: Fit) -> Fit:
    """Return the other fit on the outcome without the headline's effect."""
    estimate, o = fit.view("overall"), fit.design.observations
    column = np.full(fit.design.panel.n_rows, np.nan)
    for one in (again.design.observations, o):
        column[one.rows] = one.y
    effect = float(take_logs(estimate, estimate.effects)[0])
    treated = o.rows[o.is_treated]
    column[treated] = column[treated] - effect if is_linear(fit) else column[treated] / np.exp(effect)
    panel = replace(again.design.panel, columns={**again.design.panel.columns, SHIFTED: column})
    return replace(again, design=replace(again.design, panel=panel).with_outcome(SHIFTED, "level"))


@dataclass(frozen=True, slots=True, eq=False)
class _Reassignment:
    """Where one draw puts each agreement."""

    # source, target: (n_agreements,): panel codes of the units that have them, and of those that get them
    source: IntArray
    target: IntArray

    @classmethod
    def find(cls, design: Design, onset: FloatArray, rng: np.random.Generator) -> "_Reassignment":
        """Pair the treated units of a design with those of a draw, by onset and at random within it."""
        real = find_observed_onsets(design)
        source, target = np.flatnonzero(np.isfinite(real)), np.flatnonzero(np.isfinite(onset))
        source = source[np.argsort(real[source], kind="stable")]
        target = rng.permutation(target)
        return cls(source, target[np.argsort(onset[target], kind="stable")])

    def carry(self, values: FloatArray, rest: FloatArray) -> FloatArray:
        """Return units' values where the agreements went, the rest elsewhere."""
        out = rest.copy()
        out[self.target] = values[self.source]
        return out


def _prepare_changed(left: Fit, changed: Fit, moves: Sequence[_Reassignment]) -> EstimateSome:
    """Prepare the changed estimate under the draws."""
    design, real = changed.design, find_observed_onsets(left.design)
    is_new = np.isinf(real) & np.isfinite(design.onset)
    outside = np.where(is_new, design.onset, np.inf)
    onsets = [move.carry(design.onset, outside) for move in moves]
    gone, everything = _find_left_out(left.design, design)
    whole = replace(design, kept=everything) if gone.any() else design
    lost = [_move_rows(left.design, gone, move) for move in moves] if gone.any() else []
    return _prepare_draws(left, changed, whole, onsets, lost)


def _prepare_draws(
    left: Fit, fit: Fit, whole: Design, onsets: Sequence[FloatArray], lost: Sequence[BoolArray] = ()
) -> EstimateSome:
    """Prepare the overall effect under the draws.

    ``left``: the headline on the outcome without its effect; ``fit``: its design is the real one; ``whole``: of all
    rows that some draw observes; ``lost`` (panel.n_rows,): rows that each draw leaves out of it, if any.
    """
    model = None if is_linear(fit) else fit.estimator.one_step(whole)
    null = None if model is None else _fit_null(left, keep_shown(model, ["overall"]))
    linear = None
    if lost:
        never = _find_never(fit.design, lost)
        if null is None:
            ever = whole.restricted(~never)
            linear = fit.estimator.linear_null(ever, ever.observations.y[:, None], ["overall"])
        elif never.any():
            null = null.without(np.flatnonzero(never[whole.observations.rows]))

    def estimate(places: IntArray) -> FloatArray:
        draws, out = places[:-1].tolist(), np.full(places.size, np.nan)
        if null is None and not lost:
            permuted = permute(fit, ["overall"], [onsets[k] for k in draws], False, False)
            out[permuted.kept] = permuted.views["overall"].effects[:, 0]
            return out
        designs = [whole.reassigned(onsets[k]) for k in draws]
        if lost:
            designs = [design.restricted(~lost[k]) for design, k in zip(designs, draws, strict=True)]
        if null is None:
            out[:-1] = estimate_overall(fit, linear, len(designs), designs.__getitem__, "randomization")[0]
            return out
        by_draw = {k: null.model.build_blocks(design) for k, design in enumerate((*designs, fit.design))}
        usable = {k: blocks for k, blocks in by_draw.items() if blocks is not None}
        out[list(usable)] = null.estimate(list(usable.values()), {"overall": fit.view("overall")})["overall"][:, 0]
        return out

    return estimate


def _fit_null(left: Fit, model: OneStep) -> Null:
    """Return the model without treatment, fitted once for all that have the headline's rows and outcomes."""
    one, other = (
        [o.rows, o.y, o.row_weights, o.covariates, *o.effect_codes()]
        for o in (left.design.observations, model.design.observations)
    )
    is_same = len(one) == len(other) and all(map(np.array_equal, one, other))
    return replace(replace(model, design=left.design).under_none, model=model) if is_same else model.under_none


def _find_never(design: Design, lost: Sequence[BoolArray]) -> BoolArray:
    """Return the rows that neither a design nor any draw observes, shape (panel.n_rows,)."""
    every = np.all(lost, axis=0)
    return np.asarray(every if design.kept is None else every & ~design.kept)


def _find_left_out(design: Design, changed: Design) -> tuple[BoolArray, BoolArray]:
    """Return which rows the change leaves out, and which take part before it or after, (panel.n_rows,)."""
    everything = np.ones(design.panel.n_rows, dtype=bool)
    before, after = (everything if one.kept is None else one.kept for one in (design, changed))
    return np.asarray(before & ~after), np.asarray(before | after)


def _move_rows(design: Design, gone: BoolArray, move: _Reassignment) -> BoolArray:
    """Return the rows that a draw leaves out: those of agreements in the same periods of the units that get them."""
    panel = design.panel
    first = int(panel.period.min())
    table = np.zeros((panel.n_units, int(panel.period.max()) - first + 1), dtype=bool)
    table[panel.unit[gone], panel.period[gone] - first] = True
    moved = table.copy()
    moved[move.source] = False
    moved[move.target] = table[move.source]
    return np.asarray(moved[panel.unit, panel.period - first])
