"""Published gravity numbers beside ours: ``python -m benchmarks.replication ../shared`` prints the table.

Targets are three printed decimals of the Advanced Guide to Trade Policy Analysis, six of ppmlhdfe's example, and
those of Nagengast and Yotov (2025) and Moreau-Kastler (2025) on the annual panel of the guide.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.linear.regression import LeastSquares, fit_least_squares
from twintrade.numerics.poisson.fit import PoissonFit, fit_poisson

Row = tuple[str, float, float, float, float, int]
"""What, target, its error, ours, its error, rows."""


def codes(*keys: pd.Series) -> np.ndarray:
    frame = pd.DataFrame({str(i): np.asarray(key) for i, key in enumerate(keys)})
    return frame.groupby(list(frame), sort=False).ngroup().to_numpy(dtype=np.int64)


def clustered(
    found: PoissonFit | LeastSquares, cluster: np.ndarray, weights: np.ndarray, n_charged: int
) -> np.ndarray:
    """G/(G - 1), and (N - 1)/(N - K) where parameters are charged."""
    own = np.unique(cluster, return_inverse=True)[1]
    scores = found.x_tilde * (weights * found.residuals)[:, None]
    sums = np.column_stack([np.bincount(own, column) for column in scores.T])
    g, n = sums.shape[0], own.size
    factor = g / (g - 1) * ((n - 1) / (n - n_charged) if n_charged else 1.0)
    return np.sqrt(factor * np.diag(found.bread @ sums.T @ sums @ found.bread))


SMOKE = (("{shared}",),)


def list_available(parts: Iterable[Callable[[Any], Iterator[Any]]], shared: Any) -> Iterator[Any]:
    """Yield the rows of all parts; of one whose data are not there, those before its first absent file."""
    for part in parts:
        try:
            yield from part(shared)
        except FileNotFoundError as absent:
            print(f"left out: {part.__name__}, for {Path(absent.filename).name} is not there", flush=True)


def read_annual(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden" / "data" / "agtpa_applications.csv.gz")


def guide(shared: Path) -> Iterator[Row]:
    annual = read_annual(shared)
    waves = annual[annual.year % 4 == 1986 % 4]
    yield from guide_distance(waves)
    yield from guide_agreements(waves)


def guide_distance(d: pd.DataFrame) -> Iterator[Row]:
    d = d.assign(
        ln_output=np.log(d.groupby(["exporter", "year"]).trade.transform("sum")),
        ln_spending=np.log(d.groupby(["importer", "year"]).trade.transform("sum")),
        ln_dist=np.log(d.dist),
    )
    d = d[d.exporter != d.importer]
    columns = ["cntg", "lang", "clny", "ln_dist"]
    positive = d[d.trade > 0]
    y, pair = np.log(positive.trade.to_numpy()), positive.pair_id.to_numpy()
    plain = fit_least_squares(
        y,
        positive[["ln_output", "ln_spending", *columns]].to_numpy(float),
        build_absorber([np.zeros(y.size, dtype=np.int64)]),
    )
    se = clustered(plain, pair, np.ones(y.size), 7)
    yield "application 1, OLS, ln dist", -1.002, 0.027, plain.coefficients[-1], se[-1], y.size
    effects = [codes(positive.exporter, positive.year), codes(positive.importer, positive.year)]
    absorbed = fit_least_squares(y, positive[columns].to_numpy(float), build_absorber(effects))
    charged = sum(int(code.max()) + 1 for code in effects) + len(columns)
    se = clustered(absorbed, pair, np.ones(y.size), charged)
    yield "application 1, FE-OLS, ln dist", -1.216, 0.038, absorbed.coefficients[-1], se[-1], y.size
    found = fit_poisson(
        d.trade.to_numpy(), d[columns].to_numpy(float), [codes(d.exporter, d.year), codes(d.importer, d.year)]
    )
    se = clustered(found, d.pair_id.to_numpy()[found.rows], found.mu, 0)
    yield "application 1, PPML, ln dist", -0.841, 0.032, found.coefficients[-1], se[-1], found.rows.size


def guide_agreements(d: pd.DataFrame) -> Iterator[Row]:
    effects = [codes(d.exporter, d.year), codes(d.importer, d.year)]
    pair = d.pair_id.to_numpy()

    def fitted(columns: pd.DataFrame, third: np.ndarray) -> tuple[PoissonFit, np.ndarray]:
        found = fit_poisson(d.trade.to_numpy(), columns.to_numpy(float), [*effects, third])
        return found, clustered(found, pair[found.rows], found.mu, 0)

    found, se = fitted(d[["rta"]], codes(d.pair_id))
    yield "application 3, RTA, dyad effects", 0.557, 0.102, found.coefficients[0], se[0], found.rows.size
    found, se = fitted(d[["rta", "rta_lead4"]], codes(d.pair_id))
    yield "application 3, RTA beside its lead", 0.520, 0.086, found.coefficients[0], se[0], found.rows.size
    yield "application 3, lead of RTA", 0.077, 0.092, found.coefficients[1], se[1], found.rows.size
    foreign = d.exporter != d.importer
    columns = d[["cntg", "lang", "clny"]].assign(ln_dist=np.log(d.dist)).mul(foreign, axis=0).assign(rta=d.rta)
    found, se = fitted(columns, codes(d.exporter.where(~foreign, "foreign")))
    yield "application 3, RTA, domestic flows", 0.409, 0.069, found.coefficients[4], se[4], found.rows.size


def ppmlhdfe_example(shared: Path) -> Iterator[Row]:
    d = pd.read_csv(shared / "golden" / "data" / "ppmlhdfe_trade_fta.csv.gz")
    d = d[d.category == "TOTAL"]
    pair = codes(d.isoexp, d.isoimp)
    found = fit_poisson(
        d.trade.to_numpy(), d[["fta"]].to_numpy(float), [codes(d.isoexp, d.year), codes(d.isoimp, d.year), pair]
    )
    se = clustered(found, pair[found.rows], found.mu, 0)
    yield "ppmlhdfe example 3, fta", 0.192445, 0.041953, found.coefficients[0], se[0], found.rows.size


def staggered(shared: Path) -> Iterator[Row]:
    d = read_annual(shared)[["exporter", "importer", "year", "trade", "rta"]]
    d = d[d.groupby(["exporter", "importer"]).trade.transform("sum") > 0]
    panel = Panel.from_frame(d, city="exporter", partner="importer", period="year")
    tied = d[d.rta == 1]
    onset = tied.groupby(tied.exporter + "-" + tied.importer).year.min().reindex(panel.given_keys["unit"])
    onset[onset <= 1986] = 1986
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onset),
        outcome="trade",
        fixed_effects="gravity_border",
        window=(-2, 20),
    )
    for name, target, error, estimator in (
        ("staggered, one coefficient by PPML", 0.280, 0.066, PPML(shape="static")),
        ("staggered, ETWFE-Poisson, by rows", 0.468, 0.036, ETWFE(family="poisson")),
        ("staggered, Poisson imputation, by trade", 0.263, np.nan, Imputation(family="poisson", measure="percent")),
    ):
        overall = fit(estimator, design).view("overall")
        effect = float(overall.effects[0])
        if overall.scale == "percent":
            yield name, target, error, float(np.log1p(effect / 100)), np.nan, overall.sample.n_rows
        else:
            se = float(np.sqrt((overall.uncertainty.matrix() ** 2).sum()))
            yield name, target, error, effect, se, overall.sample.n_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="folder that holds golden/data")
    print(f"{'':<42}{'target':>10}{'(s.e.)':>10}{'ours':>12}{'(s.e.)':>10}{'rows':>9}")
    parts, shared = (guide, ppmlhdfe_example, staggered), parser.parse_args().shared
    for name, target, error, ours, se, n in list_available(parts, shared):
        print(f"{name:<42}{target:>10.6g}{error:>10.5g}{ours:>12.6f}{se:>10.6f}{n:>9}", flush=True)


if __name__ == "__main__":
    main()
