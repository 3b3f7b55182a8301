"""What work on a design costs, by its sizes: measured seconds and megabytes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from twintrade.design.design import Design
from twintrade.design.fixed_effects import encode_effect

ALIKE = 2.0  # thousand rows at which a draw takes twice what it takes on few rows
DIRECT = 2000  # levels of fixed effects beside those of the largest up to which their equations are solved at once


@dataclass(frozen=True, slots=True)
class Size:
    """What of a design its work costs by."""

    rows: float  # thousand rows with a figure
    # Thousand of them under an agreement, times the share that these are of all rows: how far treated rows share
    # their fixed effects with each other
    crossed: float = 0.0
    # Thousand levels of the fixed effects beside those of the largest, where rows are missing; 0 in a full panel
    gaps: float = 0.0
    # Million pairs of levels of the fixed effects, times thousand periods, where levels are solved for in steps
    thin: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """One job of a run and what it costs by."""

    job: str
    kinds: tuple[str, ...]  # rows of the table of costs, the closest first
    size: Size
    times: float = 1.0  # columns and checks that are drawn; 1 for other work
    draws: int = 0


@cache
def read_costs() -> Mapping[str, Mapping[str, float]]:
    """Return seconds by kind of work: ``fixed``, and by the sizes and the draws that ``compute_cost`` multiplies."""
    return tomllib.loads(files("twintrade.design").joinpath("costs.toml").read_text(encoding="utf-8"))


def measure_size(design: Design) -> Size:
    """Return the size of a design, found once; rows without a figure are in no estimate and do not count."""
    size: Size | None = design.workings.get(("size",))
    if size is not None:
        return size
    panel = design.panel
    known = np.flatnonzero(np.isfinite(panel.values(design.outcome)))
    onset = design.onset[panel.unit[known]]
    n_affected = int(((onset > panel.first_period) & (panel.period[known] >= onset - design.anticipation)).sum())
    names = [name for name in design.effect_names if name != "cohort"]
    levels = sorted(int(encode_effect(panel, name, known).max(initial=-1)) + 1 for name in names)
    n_periods = panel.last_period - panel.first_period + 1
    n_beside = sum(levels[:-1]) if known.size < panel.n_rows else 0
    thin = (sum(levels) / 1000) ** 2 * n_periods / 1000 if n_beside > DIRECT else 0.0
    size = Size(known.size / 1000, n_affected**2 / max(known.size, 1) / 1000, n_beside / 1000, thin)
    design.workings["size",] = size
    return size


def list_kinds(stem: str, method: str, *, is_poisson: bool) -> tuple[str, ...]:
    """Return rows of the table of costs for a piece of work on a method's estimate, the closest first."""
    family = "poisson" if is_poisson else "linear"
    return f"{stem}/{method}-{family}", f"{stem}/{family}", stem


def compute_cost(work: Work) -> float:
    """Return the seconds that one job takes, by the closest row of the table of costs."""
    costs, size = read_costs(), work.size
    row = next((costs[kind] for kind in work.kinds if kind in costs), {"fixed": 0.0, "rows": 0.0})
    once = work.times * (row["fixed"] + row["rows"] * size.rows + row.get("thin", 0.0) * size.thin)
    each = row.get("each", 0.0) * (1 + size.rows / ALIKE)
    each += row.get("crossed", 0.0) * size.crossed + row.get("gaps", 0.0) * size.gaps
    return once + work.draws * each
