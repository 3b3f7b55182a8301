"""Panels without any effect in which agreements fall where they do in practice, for the study of sizes.

Log flows are pair, city-year and partner-year parts and a size, plus errors: each pair's, each city's and each
partner's own first-order autoregression. Cities and partners can be exchanged for each other but for their noise.
"""

import zlib
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, product

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.numerics.arrays import BoolArray, FloatArray

PARTNERS, YEARS = 20, 12
ONSETS = (4, 6, 8)
PAIR_SD, CITY_SD, PARTNER_SD = 0.40, 0.20, 0.12
SIZE_SD = 1.2
NOISE_BY_SIZE = 0.40
"""Log noise falls by this per standard deviation of log size: 2.4-fold between the outer terciles."""

HEAVY_SHARE, HEAVY_SD = 0.10, 2.2
"""Share of innovations with this standard deviation, the others' chosen so that the variance is one: kurtosis 8."""

ZEROS = (0.30, 0.15, 0.02)
"""Share of zeros by tercile of size."""

LEVELS = {
    "agreements": (1, 2, 5, 15, 40),
    "placement": ("scattered", "few cities", "few partners"),
    "noise": ("equal", "by size", "heavy, zeros"),
    "ar": (0.6, 0.8),
    "cities": (10, 30, 100),
    "effects": ("two_way", "gravity"),
}
GROUPS = {1: 1, 2: 1, 5: 2, 15: 3, 40: 8}
"""Cities (or partners) into which agreements fall where they fall into few."""

Level = int | float | str


@dataclass(frozen=True, slots=True)
class Cell:
    """A design of the study.

    Attributes
    ----------
    resting : float
        Share of treated rows beside which all rows of their city and year but one comparison row are taken out.
    clusters : tuple of str
        Clustering dimensions of the design.
    """

    agreements: int
    placement: str
    noise: str
    ar: float
    cities: int
    effects: str
    resting: float = 0.0
    clusters: tuple[str, ...] = ("city", "partner")

    @property
    def levels(self) -> tuple[Level, ...]:
        return (self.agreements, self.placement, self.noise, self.ar, self.cities, self.effects)

    @property
    def name(self) -> str:
        parts = f"{self.agreements} {self.placement}, {self.noise.replace(',', ' and')}, {self.ar}, {self.cities}"
        rest = f", {self.resting:.0%} resting" if self.resting else ""
        rest += f", by {self.clusters[0]}" if len(self.clusters) == 1 else ""
        return f"{parts}, {self.effects.replace('_', '-')}{rest}"

    def seed(self, *more: int) -> np.random.Generator:
        return np.random.default_rng([zlib.crc32(self.name.encode()), *more])


def choose_cells(n: int) -> tuple[Cell, ...]:
    """Choose cells one by one: most new pairs of levels, then most new triples, then the first of a fixed order.

    All pairs have met after the first ``count_cover`` of them.
    """
    grid = list(product(*LEVELS.values()))
    grid = [grid[k] for k in np.random.default_rng(16).permutation(len(grid))]
    met: dict[int, set[object]] = {2: set(), 3: set()}
    chosen: list[Cell] = []
    for _ in range(n):
        best = max(grid, key=lambda levels: tuple(len(_meetings(levels, k) - met[k]) for k in met))
        grid.remove(best)
        chosen.append(Cell(*best))  # type: ignore[arg-type]
        for k in met:
            met[k] |= _meetings(best, k)
    return tuple(chosen)


def _meetings(levels: tuple[Level, ...], size: int) -> set[object]:
    return set(combinations(enumerate(levels), size))


def count_cover(cells: tuple[Cell, ...]) -> int:
    """Return how many cells it takes, from the first, until every pair of levels has met."""
    wanted = set().union(*(_meetings(levels, 2) for levels in product(*LEVELS.values())))
    met: set[object] = set()
    for k, cell in enumerate(cells):
        met |= _meetings(cell.levels, 2)
        if met == wanted:
            return k + 1
    raise ValueError(f"{len(wanted - met)} pairs of levels never meet")


GRID = choose_cells(60)
"""Cells in which every pair of levels meets, and most triples."""

RESTING = tuple(Cell(40, "scattered", "equal", 0.6, 30, "gravity", share) for share in (0.01, 0.05, 0.20, 0.60))
ONE, TWO = (Cell(n, "scattered", "equal", 0.6, 10, "two_way") for n in (1, 2))
SOME, MANY = (
    Cell(n, "scattered", "heavy, zeros", 0.6, cities, "two_way", clusters=("city",))
    for n, cities in ((40, 30), (100, 100))
)
WIDE = Cell(400, "scattered", "by size", 0.6, 100, "gravity", clusters=("city",))
"""Agreements of so many cities that a total rests on twelve equal ones or more."""


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """Agreements on a grid of cities and partners.

    Attributes
    ----------
    size, onset : FloatArray, shape (n_cities, n_partners)
        Log size in standard deviations; position of the first year, infinite for never.
    kept : BoolArray, shape (n_cities, n_partners, n_years)
    """

    cell: Cell
    size: FloatArray
    onset: FloatArray
    kept: BoolArray

    @property
    def is_treated(self) -> BoolArray:
        return np.arange(YEARS) >= self.onset[..., None]

    def design(self, flows: FloatArray, transform: str) -> Design:
        """Return the design on flows, shape (n_cities, n_partners, n_years)."""
        bare = lay_out(self.cell.cities)
        panel = replace(bare, columns={"flow": flows.ravel()})
        treatment = Treatment(panel.units, self.onset.ravel())
        return Design(
            panel=panel,
            treatment=treatment,
            outcome="flow",
            transform=transform,  # type: ignore[arg-type]
            fixed_effects=self.cell.effects,
            clusters=self.cell.clusters,
            kept=None if self.kept.all() else self.kept.ravel(),
        )


@cache
def lay_out(cities: int) -> Panel:
    """Lay out the complete panel of cities, partners and years, without outcomes."""
    names = ([f"c{k:03d}" for k in range(cities)], [f"p{k:02d}" for k in range(PARTNERS)], range(YEARS))
    frame = pd.MultiIndex.from_product(names, names=["city", "partner", "period"]).to_frame(index=False)
    return Panel.from_frame(frame, city="city", partner="partner")


def assign(cell: Cell, rng: np.random.Generator) -> Assigned:
    """Draw sizes, and agreements at three dates."""
    shape = (cell.cities, PARTNERS)
    size = rng.normal(size=(shape[0], 1)) + rng.normal(size=(1, shape[1])) + rng.normal(0, 0.7, shape)
    size = (size - size.mean()) / size.std()
    onset = np.full(shape, np.inf)
    onset.flat[_places(cell, rng)] = rng.permutation(np.resize(rng.permutation(ONSETS), cell.agreements))
    kept = np.ones((*shape, YEARS), dtype=bool)
    made = Assigned(cell, size, onset, kept)
    if cell.resting:
        _take_out(kept, made.is_treated, cell.resting, rng)
    return made


def _places(cell: Cell, rng: np.random.Generator) -> FloatArray:
    n, cities = cell.agreements, cell.cities
    if cell.placement == "scattered":
        return rng.choice(cities * PARTNERS, n, replace=False)
    by_city = cell.placement == "few cities"
    own, other = (cities, PARTNERS) if by_city else (PARTNERS, cities)
    chosen = rng.choice(own, min(GROUPS[n], own // 2), replace=False)
    places = []
    for k, part in zip(chosen, np.array_split(np.arange(n), chosen.size), strict=True):
        ends = rng.choice(other, part.size, replace=False)
        places.append(k * PARTNERS + ends if by_city else ends * PARTNERS + k)
    return np.concatenate(places)


def _take_out(kept: BoolArray, treated: BoolArray, share: float, rng: np.random.Generator) -> None:
    """Leave treated rows one comparison row in their city and year, until so large a share of them rests on one."""
    at = np.argwhere(treated.any(axis=1))
    n_resting, wanted = 0, share * treated.sum()
    for city, year in at[rng.permutation(at.shape[0])]:
        own = treated[city, :, year]
        if n_resting and n_resting + own.sum() / 2 > wanted:
            return
        gone = np.flatnonzero(~own)
        kept[city, np.delete(gone, rng.integers(gone.size)), year] = False
        n_resting += int(own.sum())


def draw_flows(made: Assigned, rng: np.random.Generator) -> FloatArray:
    """Draw flows under no effect, shape (n_cities, n_partners, n_years)."""
    cell, (c, p) = made.cell, made.size.shape
    heavy = cell.noise == "heavy, zeros"
    logs = 3 + SIZE_SD * made.size[..., None]
    logs = logs + PAIR_SD * scale_noise(made)[..., None] * draw_errors(rng, (c, p), cell.ar, heavy)
    logs += CITY_SD * draw_errors(rng, (c, 1), cell.ar)
    logs += PARTNER_SD * draw_errors(rng, (1, p), cell.ar)
    flows = np.exp(logs)
    if heavy:
        edges = np.quantile(made.size, [1 / 3, 2 / 3])
        flows[rng.random(flows.shape) < np.array(ZEROS)[np.digitize(made.size, edges)][..., None]] = 0.0
    return flows


def scale_noise(made: Assigned) -> FloatArray:
    """Return each pair's noise over its root mean square, shape (n_cities, n_partners)."""
    scale = np.exp(-NOISE_BY_SIZE * made.size) if made.cell.noise == "by size" else np.ones(made.size.shape)
    return np.asarray(scale / np.sqrt((scale**2).mean()))


def draw_errors(
    rng: np.random.Generator, shape: tuple[int, int], rho: float, is_heavy: bool = False, years: int = YEARS
) -> FloatArray:
    """Draw first-order autoregressions of variance one, shape (*shape, years); heavy ones mix two normals."""
    burn = 12
    steps = rng.normal(size=(*shape, years + burn))
    if is_heavy:
        usual = np.sqrt((1 - HEAVY_SHARE * HEAVY_SD**2) / (1 - HEAVY_SHARE))
        steps *= np.where(rng.random(steps.shape) < HEAVY_SHARE, HEAVY_SD, usual)
    out = np.empty_like(steps)
    out[..., 0] = steps[..., 0]
    for t in range(1, out.shape[-1]):
        out[..., t] = rho * out[..., t - 1] + np.sqrt(1 - rho**2) * steps[..., t]
    return out[..., burn:]


def compute_spread(made: Assigned, v: FloatArray) -> float:
    """Return the standard deviation of ``v'y`` over draws of log flows without zeros; v as flows are."""
    cell = made.cell
    lag = np.abs(np.arange(YEARS)[:, None] - np.arange(YEARS))

    def square(x: FloatArray) -> FloatArray:
        return np.asarray(((x @ cell.ar**lag) * x).sum(axis=-1))

    own = PAIR_SD**2 * (scale_noise(made) ** 2 * square(v)).sum()
    shared = CITY_SD**2 * square(v.sum(axis=1)).sum() + PARTNER_SD**2 * square(v.sum(axis=0)).sum()
    return float(np.sqrt(own + shared))
