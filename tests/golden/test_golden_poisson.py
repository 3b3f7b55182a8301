"""Poisson against fixest, ppmlhdfe and the Advanced Guide to Trade Policy Analysis."""

import numpy as np
import pandas as pd
from case_tables import loop_over
from reference_results import read_cases, read_data

from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.absorption.levels import label_components
from twintrade.numerics.linear.regression import fit_least_squares
from twintrade.numerics.poisson.fit import fit_poisson

# README of the reference numbers: PPML 1e-6 relative on estimates and standard errors.
REFERENCE = 1e-6
# Published tables print three decimals.
PRINTED = 5.1e-4


def codes(*keys):
    """Number the combinations of the keys."""
    frame = pd.DataFrame({str(i): np.asarray(key) for i, key in enumerate(keys)})
    return frame.groupby(list(frame), sort=False).ngroup().to_numpy(dtype=np.int64)


def trade(d, *effects):
    return (
        d.Euros,
        np.log(d.dist_km).to_frame("ld"),
        [codes(*(d[c] for c in effect.split("^"))) for effect in effects],
    )


def binned(values, reference, condition=None):
    """One column per value but the reference, in ascending order, as i() makes them."""
    condition = values == values if condition is None else condition
    levels = [v for v in sorted(set(values[condition])) if v != reference]
    return pd.DataFrame({v: ((values == v) & condition).astype(float) for v in levels})


def trade_4fe_cluster_od(d):
    return *trade(d, "Origin", "Destination", "Product", "Year"), [codes(d.Origin), codes(d.Destination)], {}


def trade_oy_dy_prod_cluster_pair(d):
    parts = trade(d, "Origin^Year", "Destination^Year", "Product")
    return *parts, [codes(d.Origin, d.Destination)], {}


def trade_oy_dy_prod_hetero(d):
    return *trade(d, "Origin^Year", "Destination^Year", "Product"), "hetero", {}


def trade_opy_dpy_iid(d):
    return *trade(d, "Origin^Product^Year", "Destination^Product^Year"), "iid", {}


def trade_od_py_ogm(d):
    y, distance, effects = trade(d, "Origin^Destination", "Product^Year")
    years = binned(d.Year, 2007)
    return y, years.mul(distance.ld, axis=0), effects, [codes(d.Origin, d.Destination)], {}


def agtpa_rta_3way(d):
    d = d[d.exporter != d.importer]
    effects = [codes(d.exporter, d.year), codes(d.importer, d.year), codes(d.pair_id)]
    return d.trade, d[["rta"]], effects, [codes(d.pair_id)], {}


def ppmlhdfe_fta_3way(d):
    pair = codes(d.isoexp, d.isoimp)
    return d.trade, d[["fta"]], [codes(d.isoexp, d.year), codes(d.isoimp, d.year), pair], [pair], {}


def sim_gravity(d, X):
    return d.exports, X, [codes(d.orig, d.year), codes(d.dest, d.year), codes(d.pair)], [codes(d.pair)], {}


def sim_gravity_3way(d):
    return sim_gravity(d, d[["twin", "lx"]])


def sim_gravity_3way_es(d):
    relative = (d.year - d.g).where(d.g > 0, -1000)
    return sim_gravity(d, binned(relative, -1, d.g > 0).assign(lx=d.lx))


def mpdta_poisson_offset_weights(d):
    treated = ((d["first.treat"] > 0) & (d.year >= d["first.treat"])).to_frame()
    extra = {"offset": d.lpop.to_numpy(), "weights": d.lpop.to_numpy()}
    return np.exp(d.lemp), treated, [codes(d.countyreal), codes(d.year)], [codes(d.countyreal)], extra


CASES = [
    trade_4fe_cluster_od,
    trade_oy_dy_prod_cluster_pair,
    trade_oy_dy_prod_hetero,
    trade_opy_dpy_iid,
    trade_od_py_ogm,
    agtpa_rta_3way,
    ppmlhdfe_fta_3way,
    sim_gravity_3way,
    sim_gravity_3way_es,
    mpdta_poisson_offset_weights,
]


def meat(scores, cluster):
    sums = np.zeros((int(cluster.max()) + 1, scores.shape[1]))
    np.add.at(sums, cluster, scores)
    return sums.T @ sums


def standard_errors(fit, weights, kind, n_parameters):
    """fixest's sandwich: (N - 1)/(N - K), and for clusters G/(G - 1) with the smallest G."""
    n = fit.rows.size
    weight = fit.mu if weights is None else fit.mu * weights[fit.rows]
    scores = fit.x_tilde * (weight * fit.residuals)[:, None]
    if kind == "iid":
        return np.sqrt(np.diag(fit.bread) * (n - 1) / (n - n_parameters))
    if kind == "hetero":
        return np.sqrt(np.diag(fit.bread @ scores.T @ scores @ fit.bread) * n / (n - n_parameters))
    clusters = [np.unique(cluster[fit.rows], return_inverse=True)[1] for cluster in kind]
    total = sum(meat(scores, cluster) for cluster in clusters)
    if len(clusters) == 2:
        total = total - meat(scores, codes(*clusters))
    g = min(int(cluster.max()) + 1 for cluster in clusters)
    return np.sqrt(np.diag(fit.bread @ total @ fit.bread) * g / (g - 1) * (n - 1) / (n - n_parameters))


@loop_over("case", CASES, ids=lambda case: case.__name__)
def test_fixest_numbers(case):
    want = read_cases("fepois")[case.__name__]
    expected = want["results"]
    y, X, effects, kind, extra = case(read_data(want["dataset"]))
    fit = fit_poisson(y.to_numpy(dtype=float), X.to_numpy(dtype=float), effects, **extra)
    assert fit.rows.size == expected["nobs"]
    assert fit.kept.size == X.shape[1]
    np.testing.assert_allclose(fit.coefficients, expected["estimate"], rtol=REFERENCE, atol=1e-9)
    found = standard_errors(fit, extra.get("weights"), kind, expected["df_K"])
    np.testing.assert_allclose(found, expected["se"], rtol=REFERENCE)
    np.testing.assert_allclose(fit.deviance, expected["deviance"], rtol=REFERENCE)
    np.testing.assert_allclose(fit.loglik, expected["loglik"], rtol=REFERENCE)
    if not extra and expected["nobs"] == expected["nobs_origin"]:
        # fixest charges the likelihood with the number of slopes and levels; its null model differs otherwise
        null = fit.loglik / (1.0 - fit.pseudo_r2)
        charge = X.shape[1] + sum(np.unique(code[fit.rows]).size for code in effects) - len(effects)
        np.testing.assert_allclose(1.0 - (fit.loglik - charge) / null, expected["pseudo_r2"], rtol=REFERENCE)


def clustered(fit, cluster):
    """G/(G - 1) alone, as ppmlhdfe counts."""
    cluster = np.unique(np.asarray(cluster)[fit.rows], return_inverse=True)[1]
    g = int(cluster.max()) + 1
    scores = fit.x_tilde * (fit.mu * fit.residuals)[:, None]
    return np.sqrt(np.diag(fit.bread @ meat(scores, cluster) @ fit.bread) * g / (g - 1))


def waves(every=4):
    d = read_data("agtpa_applications")
    return d[d.year % every == 1986 % every]


def guide_fit(d, columns, with_dyads):
    effects = [codes(d.exporter, d.year), codes(d.importer, d.year)]
    effects += [codes(d.pair_id)] if with_dyads else []
    return fit_poisson(d.trade.to_numpy(), columns.to_numpy(dtype=float), effects)


def test_guide_application_one_distance():
    d = waves()
    d = d[d.exporter != d.importer]
    columns = d[["cntg", "lang", "clny"]].assign(ln_dist=np.log(d.dist))
    fit = guide_fit(d, columns, with_dyads=False)
    assert fit.rows.size == 28_152
    np.testing.assert_allclose(fit.coefficients[3], -0.841, atol=PRINTED)
    np.testing.assert_allclose(clustered(fit, d.pair_id)[3], 0.032, atol=PRINTED)


def test_guide_application_one_by_least_squares():
    d = waves()
    d = d[(d.exporter != d.importer) & (d.trade > 0)]
    columns = d[["cntg", "lang", "clny"]].assign(ln_dist=np.log(d.dist)).to_numpy(dtype=float)
    effects = build_absorber([codes(d.exporter, d.year), codes(d.importer, d.year)])
    fit = fit_least_squares(np.log(d.trade.to_numpy()), columns, effects)
    assert len(d) == 25_689
    np.testing.assert_allclose(fit.coefficients[3], -1.216, atol=PRINTED)
    # the rank of two sets of dummies: their levels less the components that these form
    rank = sum(effects.levels.sizes) - len(set(label_components(*effects.levels.codes)))
    np.testing.assert_allclose(errors_by_pair(fit, d.pair_id, 4 + rank), 0.038, atol=PRINTED)


def errors_by_pair(fit, pair, n_charged):
    """G/(G - 1)·(N - 1)/(N - K) for the last slope of a linear fit."""
    sums = pd.DataFrame(fit.x_tilde * fit.residuals[:, None]).groupby(np.asarray(pair)).sum().to_numpy()
    g, n = len(sums), len(pair)
    meat = sums.T @ sums * g / (g - 1) * (n - 1) / (n - n_charged)
    return np.sqrt((fit.bread @ meat @ fit.bread)[-1, -1])


def test_guide_application_one_with_sizes_in_place_of_effects():
    d = waves()
    d = d.assign(
        ln_output=np.log(d.groupby(["exporter", "year"])["trade"].transform("sum")),
        ln_spending=np.log(d.groupby(["importer", "year"])["trade"].transform("sum")),
        ln_dist=np.log(d.dist),
    )
    d = d[(d.exporter != d.importer) & (d.trade > 0)]
    columns = d[["ln_output", "ln_spending", "cntg", "lang", "clny", "ln_dist"]].to_numpy(dtype=float)
    fit = fit_least_squares(np.log(d.trade.to_numpy()), columns, build_absorber([np.zeros(len(d), dtype=np.int64)]))
    assert len(d) == 25_689
    np.testing.assert_allclose(fit.coefficients[-1], -1.002, atol=PRINTED)
    np.testing.assert_allclose(errors_by_pair(fit, d.pair_id, 7), 0.027, atol=PRINTED)


def test_guide_application_three_agreements_with_dyad_effects():
    d = waves()
    fit = guide_fit(d, d[["rta"]], with_dyads=True)
    assert fit.rows.size == 28_482
    np.testing.assert_allclose(fit.coefficients, 0.557, atol=PRINTED)
    np.testing.assert_allclose(clustered(fit, d.pair_id), 0.102, atol=PRINTED)


def test_guide_application_three_with_a_lead():
    d = waves()
    fit = guide_fit(d, d[["rta", "rta_lead4"]], with_dyads=True)
    np.testing.assert_allclose(fit.coefficients, [0.520, 0.077], atol=PRINTED)
    np.testing.assert_allclose(clustered(fit, d.pair_id), [0.086, 0.092], atol=PRINTED)


def test_guide_application_three_domestic_flows_at_the_optimum():
    """A published manual prints 0.592 (0.362) here, which is not a stationary point."""
    d = waves()
    foreign = d.exporter != d.importer
    columns = d[["cntg", "lang", "clny"]].assign(ln_dist=np.log(d.dist)).mul(foreign, axis=0).assign(rta=d.rta)
    effects = [codes(d.exporter, d.year), codes(d.importer, d.year), codes(d.exporter.where(~foreign, "foreign"))]
    fit = fit_poisson(d.trade.to_numpy(), columns.to_numpy(dtype=float), effects)
    np.testing.assert_allclose(fit.coefficients[4], 0.409, atol=PRINTED)
    np.testing.assert_allclose(clustered(fit, d.pair_id)[4], 0.069, atol=PRINTED)
    scores = columns.to_numpy(dtype=float)[fit.rows].T @ (d.trade.to_numpy()[fit.rows] - fit.mu)
    assert np.abs(scores).max() < 1e-9 * d.trade.sum()


def test_ppmlhdfe_example_three():
    d = read_data("ppmlhdfe_trade_fta")
    d = d[d.category == "TOTAL"]
    y, X, effects, (pair,), _ = ppmlhdfe_fta_3way(d)
    fit = fit_poisson(y.to_numpy(), X.to_numpy(dtype=float), effects)
    assert fit.rows.size == 5_950
    np.testing.assert_allclose(fit.coefficients, 0.192445, atol=5.1e-7)
    np.testing.assert_allclose(clustered(fit, pair), 0.041953, atol=5.1e-7)
