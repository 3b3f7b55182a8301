"""From the change of some pairs to the trade of their cities, in a general-equilibrium world of one sector."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.design.panel import find_near_words, suggest_word
from twintrade.design.period_column import to_pandas
from twintrade.effects import Bands
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.numerics.armington import Closure, Deficits, WorldChange, solve_world
from twintrade.numerics.arrays import BoolArray, FloatArray, ObjectArray
from twintrade.text import Text

OUTCOMES = ("pairs", "exports", "other_exports", "third_exports", "real_income")
"""What is asked of a world: trade of the pairs; their cities' exports in all and to others; exports of all others to
the pairs' partners; real income of the cities."""
DIVERTED = "diverted"
"""Share of the pairs' rise that their cities' other partners lose, or of their fall that these gain."""
N_STEPS = 9  # effects between the ends of the interval at which an outcome is held to be monotone


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Trade among places in one period.

    Attributes
    ----------
    places : ObjectArray, shape (n,)
        Cities, the rest of their countries, partners, the rest of the world.
    flows : FloatArray, shape (n, n)
        Trade by origin and destination; on the diagonal what a place sells at home, NaN where that is not known.

    Examples
    --------
    >>> rows = [(a, b, 100.0 if a == b else 10.0) for a in "ABC" for b in "ABC"]
    >>> world = tt.World.from_frame(pd.DataFrame(rows, columns=["origin", "destination", "trade"]), value="trade")
    >>> world.flows.shape
    (3, 3)
    """

    places: ObjectArray
    flows: FloatArray

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        value: str,
        origin: str = "origin",
        destination: str = "destination",
        output: Mapping[Hashable, float] | pd.Series | None = None,
    ) -> "World":
        """Build from one row for each origin and destination.

        Parameters
        ----------
        frame : DataFrame
            Of pandas, polars or another library. A row with the same place at both ends is home trade.
        value, origin, destination : str
            Its columns. Where a row or its value is absent, the two places trade nothing.
        output : mapping of place to float, optional
            What each place produces, in the unit of ``value``: home trade is output less exports.

        Raises
        ------
        DesignError
            A pair stands twice, a flow is negative or no number, or exports exceed output.
        """
        table = to_pandas(frame, "frame")
        for name in (origin, destination, value):
            if name not in table:
                raise DesignError(f"the matrix of trade has no column {name!r}; it has {', '.join(map(str, table))}")
        ends = table[[origin, destination]].astype(str)
        if ends.duplicated().any():
            first = " to ".join(ends[ends.duplicated()].iloc[0])
            raise DesignError(f"the matrix of trade has two rows from {first}; add them up, or keep one year")
        places = np.array(sorted({*ends[origin], *ends[destination]}), dtype=object)
        amounts = pd.to_numeric(table[value], errors="coerce").to_numpy(dtype=np.float64)
        unread = (np.isnan(amounts) & table[value].notna().to_numpy()) | np.isinf(amounts)
        if unread.any():
            raise DesignError(f"{value} is no number from {' to '.join(ends.iloc[int(np.argmax(unread))])}")
        if (amounts < 0).any():
            raise DesignError(f"{value} is negative from {' to '.join(ends.iloc[int(np.argmax(amounts < 0))])}")
        index = pd.Index(places)
        flows = np.zeros((places.size, places.size))
        np.fill_diagonal(flows, np.nan)
        flows[index.get_indexer(ends[origin]), index.get_indexer(ends[destination])] = amounts
        flows[~np.eye(places.size, dtype=bool)] = np.nan_to_num(flows[~np.eye(places.size, dtype=bool)])
        world = cls(places, flows)
        return world if output is None else world._add_output(output)

    def _add_output(self, output: Mapping[Hashable, float] | pd.Series) -> "World":
        try:
            outputs = {str(place): float(amount) for place, amount in dict(output).items()}
        except (TypeError, ValueError):
            raise DesignError(f"output gives each place a number, as {{'Lyon': 150.0}}, not {output!r}") from None
        if unknown := sorted(outputs.keys() - set(map(str, self.places))):
            hint = suggest_word(unknown[0], [str(place) for place in self.places])
            raise DesignError(f"output names {unknown[0]!r}, which is no place of the matrix: {hint}")
        home = np.array([outputs.get(str(place), np.nan) for place in self.places]) - self.exports
        if (home <= 0).any():
            place = self.places[int(np.argmax(home <= 0))]
            raise DesignError(
                f"{place} exports more than its output of {outputs[str(place)]:g}: leave it out of output (its home "
                "trade is then bounded), or give output in the unit of the flows (gross output, not value added)"
            )
        flows = self.flows.copy()
        np.fill_diagonal(flows, np.where(np.isfinite(home), home, np.diag(flows)))
        return World(self.places, flows)

    @property
    def exports(self) -> FloatArray:
        """Trade of each place with all others, shape (n,)."""
        return np.asarray(np.where(np.eye(self.places.size, dtype=bool), 0.0, self.flows).sum(axis=1))

    @property
    def lacks_home(self) -> BoolArray:
        """Whether the home trade of each place is unknown, shape (n,)."""
        return np.isnan(np.diag(self.flows))

    def complete(self, home_share: float) -> FloatArray:
        """Return the flows with this share of output sold at home where home trade is unknown."""
        flows = self.flows.copy()
        known = np.diag(flows)
        np.fill_diagonal(flows, np.where(np.isnan(known), home_share / (1 - home_share) * self.exports, known))
        return flows


class WorldModel(NamedTuple):
    """How a world answers; the flows of the conditional model depend on neither elasticity (NaN)."""

    model: Closure
    elasticity: float
    supply: float
    home_share: float  # NaN where all home trade is known


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """What a partial effect on some pairs means for their cities, over the models asked for.

    Attributes
    ----------
    table : DataFrame
        One row an outcome, model, elasticity, supply elasticity and home share: outcome, model, elasticity, supply,
        home_share (NaN where all home trade is known), estimate, low, high (percent), money (change at the estimate,
        NaN for real income), is_monotone, varied (what alone is apart from the central model: "elasticity", "supply",
        "home_share" or "conditional"; else "centre" or "several"). The flows of the conditional model depend on
        neither elasticity (NaN); its prices have no level, so that real income is not in it. The outcome "diverted"
        is the share of the pairs' change that their cities' other partners lose.
    world : World
    treated : tuple of pairs of str
    effect : tuple of float
        Estimate and ends of its interval in log points.
    deficits : {"fixed", "proportional"}
    """

    table: pd.DataFrame
    world: World
    treated: tuple[tuple[str, str], ...]
    effect: tuple[float, float, float]
    deficits: Deficits = "fixed"

    def ranges(self) -> pd.DataFrame:
        """Return by outcome the range of estimates and of interval ends over all models, in percent.

        Columns estimate_low, estimate_high, low, high; holds_sign says whether every estimate has one sign. The
        range over models and the sampling interval are different things and are not mixed.
        """
        by = self.table[self.table["outcome"] != DIVERTED].groupby("outcome", sort=False)
        ends = by["estimate"].agg(["min", "max"])
        return pd.DataFrame(
            {
                "estimate_low": ends["min"],
                "estimate_high": ends["max"],
                "low": by["low"].min(),
                "high": by["high"].max(),
                "holds_sign": np.sign(ends["min"]) == np.sign(ends["max"]),
            }
        )

    def diverted(self) -> tuple[float, float]:
        """Return the range of the share of the pairs' rise that their cities' other partners lose, in percent.

        NaN where the estimate is no rise; zero where the cities have no other partners.
        """
        share = self.table.loc[self.table["outcome"] == DIVERTED, "estimate"]
        if self.effect[0] <= 0 or share.empty:
            return (np.nan, np.nan) if self.effect[0] <= 0 else (0.0, 0.0)
        return float(share.min()), float(share.max())

    def summary(self) -> str:
        """Return what the models say, a sentence an outcome."""
        models = int((self.table["outcome"] == OUTCOMES[0]).sum())
        lines = [str(Text("checks.translated-head", n=len(self.treated), models=models))]
        for outcome, row in self.ranges().iterrows():
            ends = {name: float(row[name]) for name in ("estimate_low", "estimate_high", "low", "high")}
            lines.append(f"  {Text(f'checks.translated-{outcome}', **ends)}")
        low, high = self.diverted()
        if low == low:
            lines.append(f"  {Text('checks.translated-diverted', low=low, high=high)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()

    def estimate_again(
        self,
        elasticity: float = 4.0,
        home_share: float = 0.6,
        *,
        fixed_effects: str = "gravity",
        with_home: bool = False,
    ) -> float:
        """Return the effect in log points that PPML finds between the world before and the world after.

        Parameters
        ----------
        elasticity, home_share : float
        fixed_effects : {"gravity", "two_way"}
            "gravity" finds the effect that was put in wherever diversion is proportional; "two_way" takes what the
            agreements did to other flows for no effect, and is off by as much.
        with_home : bool
            Whether home trade is among the rows.
        """
        flows = self.world.complete(home_share)
        mask, model = _mark(self.world.places, self.treated), WorldModel("full", elasticity, 0.0, home_share)
        change = _push(flows, mask, self.effect[0], model, self.deficits)
        keep = np.ones_like(flows, dtype=bool) if with_home else ~np.eye(len(flows), dtype=bool)
        origin, destination = np.nonzero(keep & (flows > 0))
        places = self.world.places
        rows = {"city": places[origin], "partner": places[destination]}
        frames = [
            pd.DataFrame({**rows, "period": period, "trade": values[origin, destination]})
            for period, values in enumerate((flows, change.flows))
        ]
        panel = Panel.from_frame(pd.concat(frames), city="city", partner="partner", frequency="year")
        treated = {f"{a}-{b}" for a, b in self.treated}
        onset = np.array([1.0 if str(unit) in treated else np.inf for unit in panel.units])
        design = Design(
            panel=panel,
            treatment=Treatment(panel.units, onset),
            outcome="trade",
            transform="level",
            fixed_effects=fixed_effects,
            window=(-1, 0),
        )
        return float(fit(PPML(), design).view("overall").effects[0])


def translate(
    effect: float | Sequence[float] | Bands,
    treated: Iterable[tuple[str, str]] | Design,
    world: World,
    *,
    elasticity: Sequence[float] = (2.5, 4.0, 8.0),
    supply: Sequence[float] = (0.0, 5.0),
    home_share: Sequence[float] = (),
    deficits: Deficits = "fixed",
) -> Translation:
    """Say what a partial effect on some pairs does to their cities' trade: exports rise, or go elsewhere.

    The effect is laid on the trade costs of every treated pair alike, in a world of one sector in which each place
    sells a variety of its own. Two models are solved for each elasticity: the conditional one holds output and
    expenditure everywhere, the full one lets wages move. Neither bounds the other. The ends of the effect's interval
    are pushed through each model; the ranges over elasticities and home shares are another thing and stay apart.

    Parameters
    ----------
    effect : float, sequence of float or Bands
        In log points: the estimate, or estimate, low and high; or ``tt.infer(fit, view="overall")``.
    treated : iterable of (city, partner), or Design
    world : World
        Cities, the rest of their country, partners and the rest of the world.
    elasticity : sequence of float
        Of trade to its costs.
    supply : sequence of float
        Elasticity of a place's labour to its real wage in the full model: zero within countries, up to 5 where people
        move between cities. Real income is then of all who live in a place, those who moved there included.
    home_share : sequence of float
        Shares of output sold at home, tried where home trade is unknown; (.3, .6, .9) spans most cities.
    deficits : {"fixed", "proportional"}

    Returns
    -------
    Translation

    Raises
    ------
    DesignError
        Home trade is unknown and no share is given, a treated pair is not in the world, the pairs trade nothing, or
        the interval of the effect has no end.

    References
    ----------
    Dekle, Eaton and Kortum (2008); Anderson and van Wincoop (2003); Baier, Yotov and Zylkin (2019).

    Examples
    --------
    >>> rows = [(a, b, 100.0 if a == b else 10.0) for a in "ABC" for b in "ABC"]
    >>> world = tt.World.from_frame(pd.DataFrame(rows, columns=["origin", "destination", "trade"]), value="trade")
    >>> translated = tt.translate((0.2, 0.1, 0.3), [("A", "B")], world)
    >>> translated.ranges()["holds_sign"].tolist()
    [True, True, True, True, True]
    """
    ends = _read_effect(effect)
    if not isinstance(world, World):
        raise DesignError("world is a tt.World, as tt.World.from_frame makes it of a table")
    pairs = _read_treated(treated)
    mask = _mark(world.places, pairs)
    if deficits not in get_args(Deficits):
        raise DesignError(f"deficits is one of {', '.join(get_args(Deficits))}, not {deficits!r}")
    if not world.flows[mask & ~np.eye(len(mask), dtype=bool)].sum() or mask.diagonal().any():
        raise DesignError("treated holds pairs of two places that trade with each other; these trade nothing")
    elasticity, supply = _read_numbers("elasticity", elasticity), _read_numbers("supply", supply)
    shares = _choose_shares(world, _read_numbers("home_share", home_share))
    models = [WorldModel("conditional", np.nan, np.nan, share) for share in shares]
    models += [WorldModel("full", *given) for given in product(elasticity, supply, shares)]
    if len(models) == len(shares) or min(elasticity) <= 0 or min(supply) < 0:
        raise DesignError("elasticity needs numbers above zero and supply numbers from zero on")
    middle = elasticity[len(elasticity) // 2], supply[0], shares[len(shares) // 2]
    rows = []
    for model in models:
        flows = world.complete(model.home_share if np.isfinite(model.home_share) else 0.5)
        traded = np.minimum(flows.sum(axis=1), flows.sum(axis=0))
        if traded.min() <= 0:
            place = world.places[int(traded.argmin())]
            raise DesignError(
                f"{place} sells or buys nothing: add its trade in the other direction, as imports with origin "
                "and destination exchanged; or leave it out, or join it to the rest of the world"
            )
        steps = zip(model._fields[1:], model[1:], middle, strict=True)
        apart = [name for name, value, centre in steps if abs(value - centre) > 0]  # not where either is unknown
        apart += ["conditional"] if model.model != "full" else []
        varied = "several" if len(apart) > 1 else "".join(apart) or "centre"
        rows += [row | {"varied": varied} for row in _translate_once(flows, mask, ends, model, deficits)]
    return Translation(pd.DataFrame(rows), world, pairs, ends, deficits)


def _translate_once(
    flows: FloatArray, mask: BoolArray, ends: tuple[float, float, float], model: WorldModel, deficits: Deficits
) -> list[dict[str, Any]]:
    """Return a row an outcome under one model; its ends are those over a grid of effects from end to end."""
    estimate, low, high = ends
    grid = np.unique(np.r_[np.linspace(low, high, N_STEPS), estimate])
    measured = [_measure(flows, mask, _push(flows, mask, b, model, deficits)) for b in grid]
    here = int(np.searchsorted(grid, estimate))
    totals = {name: np.array([one[name] for one in measured]) for name in OUTCOMES}
    gains = {name: both[:, 1] - both[:, 0] for name, both in totals.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        paths = {name: 100 * gains[name] / both[:, 0] for name, both in totals.items() if both[here, 0]}
        if "other_exports" in paths:
            paths[DIVERTED] = np.where(grid == 0, np.nan, -100 * gains["other_exports"] / gains["pairs"])
    if model.model == "conditional":  # which fixes no level of prices
        del paths["real_income"]
    rows = []
    for outcome, path in paths.items():
        steps = np.diff(known := path[np.isfinite(path)])
        if known.size:
            money = np.nan if outcome in (DIVERTED, "real_income") else gains[outcome][here]
            is_monotone = bool((steps >= -1e-9).all() or (steps <= 1e-9).all())
            row = {"outcome": outcome, **model._asdict(), "estimate": path[here], "low": known.min()}
            rows.append(row | {"high": known.max(), "money": money, "is_monotone": is_monotone})
    return rows


def _push(flows: FloatArray, mask: BoolArray, b: float, model: WorldModel, deficits: Deficits) -> WorldChange:
    closure, theta, psi, _ = model
    try:
        costs = np.where(mask, np.exp(b), 1.0)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a world that is not found says so
            return solve_world(flows, costs, theta if closure == "full" else 1.0, psi, closure, deficits)
    except EstimationError as error:
        raise EstimationError(f"{error} (elasticity {theta:g}, supply {psi:g}, effect {b:g} log points)") from None


def _measure(flows: FloatArray, mask: BoolArray, change: WorldChange) -> dict[str, tuple[float, float]]:
    """Return each outcome before and after."""
    is_home = np.eye(len(flows), dtype=bool)
    cities, partners = np.asarray(mask.any(axis=1)), np.asarray(mask.any(axis=0))
    abroad = cities[:, None] & ~is_home
    third = ~cities[:, None] & partners[None, :] & ~is_home
    where = {"pairs": mask, "exports": abroad, "other_exports": abroad & ~mask, "third_exports": third}
    sums = {name: (float(flows[at].sum()), float(change.flows[at].sum())) for name, at in where.items()}
    income = float(np.average(change.real_income[cities], weights=flows.sum(axis=0)[cities]))
    return sums | {"real_income": (1.0, income)}


def _read_effect(effect: float | Sequence[float] | Bands) -> tuple[float, float, float]:
    if isinstance(effect, Bands):
        if effect.low.size != 1:
            raise DesignError('effect is of several terms; take tt.infer(fit, view="overall")')
        values = np.array([effect.estimate.effects[0], effect.low[0], effect.high[0]])
        scale = effect.estimate.scale
        if scale not in ("log points", "percent"):
            raise DesignError(f"effect is in {scale}; a change of trade costs needs log points or percent")
        with np.errstate(divide="ignore", invalid="ignore"):
            values = values if scale == "log points" else np.log1p(values / 100)
        if not np.isfinite(values).all():
            raise DesignError(
                "the interval of effect is open, or reaches a loss of everything, so that no world is at its end: "
                "give the estimate as one number, or three numbers in log points"
            )
    else:
        try:
            values = np.atleast_1d(np.asarray(effect, dtype=np.float64))
        except (TypeError, ValueError):
            values = np.empty(0)
        values = np.repeat(values, 3) if values.size == 1 else values
    if values.size != 3 or not np.isfinite(values).all() or not values[1] <= values[0] <= values[2]:
        raise DesignError("effect is one number in log points, or three: estimate, low and high around it")
    return float(values[0]), float(values[1]), float(values[2])


def _read_treated(treated: Iterable[tuple[str, str]] | Design) -> tuple[tuple[str, str], ...]:
    if isinstance(treated, Design):
        panel = treated.panel
        inside = np.flatnonzero(treated.observations.is_ever_treated)
        names = set(map(str, treated.observations.unit_ids[inside]))
        ends = zip(panel.units, panel.cities[panel.unit_city], panel.partners[panel.unit_partner], strict=True)
        return tuple((str(city), str(partner)) for unit, city, partner in ends if str(unit) in names)
    try:
        pairs = tuple(dict.fromkeys((str(city), str(partner)) for city, partner in treated))
    except (TypeError, ValueError):
        pairs = ()
    if not pairs:
        raise DesignError("treated names no pair; give (city, partner), or the design of the estimate")
    return pairs


def _mark(places: ObjectArray, pairs: Sequence[tuple[str, str]]) -> BoolArray:
    index = {str(place): k for k, place in enumerate(places)}
    missing = sorted({end for pair in pairs for end in pair if end not in index})
    if missing:
        known = list(index)
        hint = suggest_word(missing[0], known if find_near_words(missing[0], known) else [])
        raise DesignError(
            f"{missing[0]!r} is at an end of a treated pair and no place of the world ({len(missing)} such ends); "
            f"{hint or 'places are like ' + ', '.join(known[:4])}"
        )
    mask = np.zeros((places.size, places.size), dtype=bool)
    for city, partner in pairs:
        mask[index[city], index[partner]] = True
    return mask


def _read_numbers(name: str, given: Sequence[float]) -> tuple[float, ...]:
    """Return one number, or several, as a tuple."""
    values = pd.to_numeric(pd.Series(list(given) if isinstance(given, Iterable) else [given]), errors="coerce")
    if isinstance(given, str | bool) or values.isna().any():
        raise DesignError(f"{name} is a number or several, as (0.3, 0.6, 0.9), not {given!r}")
    return tuple(map(float, values))


def _choose_shares(world: World, home_share: Sequence[float]) -> tuple[float, ...]:
    if not world.lacks_home.any():
        return (np.nan,)
    if not home_share:
        n, first = int(world.lacks_home.sum()), world.places[world.lacks_home][0]
        raise DesignError(
            f"what {n} places sell at home is unknown (first: {first}), and without it no market share is known: "
            "give output, rows with the same place at both ends, or 0.3, 0.6 and 0.9 as home_share for a range"
        )
    if not all(0 < share < 1 for share in home_share):
        raise DesignError(f"home_share lies between 0 and 1, not {list(home_share)}")
    return tuple(home_share)
