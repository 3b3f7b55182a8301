"""Fast paths of resampling against the loops they replace: CPU seconds in one run, and whether the numbers agree."""

import argparse
import pickle
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measured import find_installed, in_own_process
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.sensitivity.specification_curve import iterate_subsets
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.refits.leave_out import estimate_without_clusters, find_row_clusters, prepare_bootstrap
from twintrade.inference.refits.permutation import permute
from twintrade.inference.refits.reassignment import build_assignments
from twintrade.inference.wild import Wild
from twintrade.numerics.absorption import build_annihilator
from twintrade.numerics.honest.dual_vertices import Kind
from twintrade.numerics.honest.intervals import EventPath, Method, RobustInterval, Violation, compute_robust_interval
from twintrade.numerics.linear.cluster_forms import draw_wild_weights, simulate

CASES = ("wild", "randomization", "one factor", "specification curve", "honest", "peers")
SMOKE = (("--least",),)
SECONDS = 300.0
GIGABYTES = 6.0
Shape = tuple[int, int, int, int]
"""Cities, partners, periods and treated pairs."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Panels and numbers of draws; periods before and after of event paths."""

    wild: Shape = (300, 15, 20, 600)
    draws: int = 9999
    dealt: tuple[tuple[Shape, str], ...] = (((7, 24, 10, 11), "gravity"), ((60, 40, 15, 100), "two_way"))
    onsets: int = 1000
    factored: tuple[Shape, ...] = ((50, 10, 20, 50), (60, 20, 20, 100), (300, 40, 20, 1040))
    curve: Shape = (60, 15, 20, 120)
    n_controls: int = 10
    paths: tuple[tuple[int, int], ...] = ((4, 4), (9, 23))


LEAST = Sizes((12, 4, 8, 12), 99, (((7, 6, 10, 6), "gravity"),), 20, ((8, 5, 9, 10),), (10, 4, 8, 12), 6, ((2, 2),))


def panel(
    n_cities: int, n_partners: int, n_periods: int, n_treated: int, fixed_effects: str | tuple[str, ...]
) -> Design:
    rng = np.random.default_rng(1)
    shape = (n_cities, n_partners, n_periods)
    index = pd.MultiIndex.from_product([range(n) for n in shape], names=["city", "partner", "period"])
    frame = index.to_frame(index=False).assign(y=rng.normal(size=int(np.prod(shape))))
    for k in range(10):
        frame[f"x{k}"] = rng.normal(size=len(frame))
    onset = np.full(n_cities * n_partners, np.inf)
    tied = rng.choice(onset.size, n_treated, replace=False)
    onset[tied] = rng.integers(n_periods // 3, n_periods - 2, n_treated)
    made = Panel.from_frame(frame, city="city", partner="partner")
    treatment = Treatment(made.units, onset)
    return Design(
        panel=made, treatment=treatment, outcome="y", fixed_effects=fixed_effects, clusters=("city",), window=(-4, 4)
    )


def cpu(call: Callable[[], object]) -> tuple[object, float]:
    start = time.process_time()
    return call(), time.process_time() - start


def wild(sizes: Sizes) -> None:
    n_clusters, rows = sizes.wild[0], int(np.prod(sizes.wild[:3]))
    print(f"wild cluster bootstrap, {n_clusters} clusters, {rows:,} rows, {sizes.draws:,} draws (budget 0.2 s)")
    for effects in (("unit", "city_period"), "two_way", "gravity"):
        one_wild(sizes, effects)


def one_wild(sizes: Sizes, effects: str | tuple[str, ...]) -> None:
    fitted, draws = fit(TWFE(shape="static"), panel(*sizes.wild, effects)), sizes.draws
    source = fitted.estimate.uncertainty.regression
    codes = find_row_clusters(fitted, "city", source.rows)
    (sums, _), once = cpu(
        lambda: prepare_bootstrap(fitted, fitted.estimate, source, codes, codes).sums(0, "plain", False, 1.0)
    )
    weights, _ = draw_wild_weights(np.random.default_rng(1), draws, sizes.wild[0], "rademacher")
    _, drawn = cpu(lambda: simulate(sums, weights).statistics(float(fitted.estimate.effects[0])))
    whole = sorted(
        cpu(lambda: Wild(draws=draws).infer(fitted, "overall", np.random.default_rng(1)))[1] for _ in range(5)
    )
    print(f"  {effects!s:26} cluster sums {once:6.3f} s, draws {drawn:6.3f} s, whole with interval {whole[2]:6.3f} s")


def randomization(sizes: Sizes) -> None:
    print(f"randomization of onsets, event study, per {sizes.onsets:,} draws")
    for shape, effects in sizes.dealt:
        label = f"{shape[0]} x {shape[1]} dyads x {shape[2]}, {effects.replace('_', '-')}"
        for method in (TWFE(), Imputation()):
            one_randomization(label, panel(*shape, effects), method, sizes.onsets)


def one_randomization(label: str, design: Design, method: TWFE | Imputation, n_onsets: int) -> None:
    dealt, rng = build_assignments(design, "units"), np.random.default_rng(2)
    onsets = [dealt.draw(rng) for _ in range(n_onsets)]
    few = onsets[:10]
    fitted = fit(method, design)
    fast, seconds = cpu(lambda: permute(fitted, ["event"], onsets, False, False).views["event"].effects)
    slow, naive = cpu(lambda: [fitted.refit(design.reassigned(onset)).view("event").effects for onset in few])
    gap = max(float(np.abs(a - b).max()) for a, b in zip(fast, slow, strict=False))
    naive = naive * n_onsets / len(few)
    print(
        f"  {label:28} {method.title!s:11} fast {seconds:6.2f} s, refits {naive:7.2f} s, "
        f"ratio {naive / seconds:5.1f}, largest difference {gap:.1e}"
    )


def one_factor(sizes: Sizes) -> None:
    print("gravity effects factored once: seconds, megabytes kept, seconds a draw or a cluster, and of a refit")
    for shape in sizes.factored:
        design = panel(*shape, "gravity")
        o = design.observations
        nothing = np.empty((o.n_rows, 0))
        tracemalloc.start()
        build_annihilator(o.effect_codes(), nothing, o.row_weights)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        q, factored = cpu(lambda o=o, nothing=nothing: build_annihilator(o.effect_codes(), nothing, o.row_weights))
        kept = len(pickle.dumps(q.elimination)) + q.root.nbytes
        dealt, rng = build_assignments(design, "units"), np.random.default_rng(2)
        onsets = [dealt.draw(rng) for _ in range(5)]
        designs = [design.reassigned(onset) for onset in onsets]
        print(f"  {o.n_rows:7} rows: factor {factored:6.3f} s, kept {kept / 1e6:.0f} MB, peak {peak:.0f} MB")
        for method in (TWFE(), Imputation()):
            fitted = fit(method, design)
            fast, seconds = cpu(lambda f=fitted, to=onsets: permute(f, ["event"], to, False, False).views["event"])
            slow, refit = cpu(lambda f=fitted, to=designs: [f.refit(one).view("event").effects for one in to[:2]])
            gap = max(float(np.abs(a - b).max()) for a, b in zip(fast.effects, slow, strict=False))
            print(
                f"    {method.title!s:11} draw {seconds / 5:.4f}, refit {refit / 2:.4f}, largest difference {gap:.1e}"
            )
        fitted = fit(TWFE(), design)
        for name in ("city", "partner", "unit"):
            left, seconds = cpu(lambda name=name, f=fitted: estimate_without_clusters(f, "event", [(name,)])[0])
            n = left.effects.shape[0]
            print(f"    without each of {n:5} by {name:7} {seconds:6.2f} s, {seconds / n:.4f} each")


def specification_curve(sizes: Sizes) -> None:
    n, n_subsets, rows = sizes.n_controls, 2**sizes.n_controls, int(np.prod(sizes.curve[:3]))
    print(f"specification curve, {n} controls in {n_subsets:,} subsets, {rows:,} rows")
    design = replace(panel(*sizes.curve, "two_way"), clusters=("unit",))
    names = tuple(f"x{k}" for k in range(n))
    fast, seconds = cpu(lambda: list(iterate_subsets(design, names)))
    some = [tuple(c) for size in (0, 3, 6) for c in list(combinations(names, size))[:4]]
    slow, naive = cpu(
        lambda: [fit(TWFE(shape="static"), replace(design, covariates=c)).estimate.effects[0] for c in some]
    )
    held = {row["covariates"]: row["effect"] for row in fast}
    gap = max(abs(held[", ".join(c) or "none"] - b) for c, b in zip(some, slow, strict=True))
    each = naive / len(some)
    print(
        f"  shared cross-products {seconds:6.2f} s, one by one {each * n_subsets:7.2f} s, "
        f"ratio {each * n_subsets / seconds:5.0f}, largest difference {gap:.1e}"
    )


def of_peer(python: str, asked: str, held: dict[str, np.ndarray]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "held.npz"
        np.savez(path, **held)
        command = (python, "-m", "benchmarks.resampling_peers", asked, str(path))
        return in_own_process(command, SECONDS, GIGABYTES)


def wild_peer(sizes: Sizes, python: str) -> None:
    """The static effect within units and city-periods, partialled out beforehand for wildboottest."""
    fitted = fit(TWFE(shape="static"), panel(*sizes.wild, ("unit", "city_period")))
    source = fitted.estimate.uncertainty.regression
    x = source.design
    slope = float(fitted.estimate.effects[0])
    y = source.residuals + x[:, 0] * slope
    codes = find_row_clusters(fitted, "city", source.rows)
    bands, own = cpu(lambda: Wild(draws=sizes.draws).infer(fitted, "overall", np.random.default_rng(1)))
    held = {"x": x, "y": y, "cluster": codes, "r": np.ones(1), "draws": np.array(sizes.draws)}
    other = of_peer(python, "wild", held)
    print(
        f"wild, {sizes.wild[0]} clusters, {sizes.draws:,} draws: p {bands.p[0]:.4f} with interval in {own:.3f} s; "
        f"wildboottest: {other}"
    )


def event_path(n_pre: int, n_post: int) -> EventPath:
    rng = np.random.default_rng(0)
    n = n_pre + n_post
    root = rng.normal(size=(n, n)) * 0.05
    covariance = root @ root.T + 0.003 * np.eye(n)
    effects = np.concatenate([rng.normal(scale=0.05, size=n_pre), 0.5 + rng.normal(scale=0.05, size=n_post)])
    return EventPath(effects, covariance, n_pre, np.full(n_post, 1 / n_post))


def interval(path: EventPath, kind: Kind, method: Method) -> RobustInterval:
    return compute_robust_interval(path, Violation(kind, 1.0), method, 0.95, np.random.default_rng(0))


def honest(sizes: Sizes) -> None:
    print("honest intervals, one bound of one (budgets: 4 + 4 periods 1.5 s, 33 event times 30 s)")
    for n_pre, n_post in sizes.paths:
        path = event_path(n_pre, n_post)
        for kind, method in (("smoothness", "fixed_length"), ("relative_magnitudes", "least_favorable")):
            found, seconds = cpu(lambda path=path, kind=kind, method=method: interval(path, kind, method))
            print(
                f"  {n_pre} + {n_post}, {kind:20} {method:16} {found.low:.5f} to {found.high:.5f} in {seconds:6.2f} s"
            )


def honest_peer(sizes: Sizes, python: str, peers: set[str]) -> None:
    n_pre, n_post = sizes.paths[0]
    path = event_path(n_pre, n_post)
    ours, own = cpu(lambda: interval(path, "relative_magnitudes", "least_favorable"))
    print(f"honest, {n_pre} + {n_post} periods, M-bar = 1: {ours.low:.5f} to {ours.high:.5f} in {own:.2f} s")
    step = 20 * path.standard_error / 999
    held = {"effects": path.estimates, "covariance": path.covariance, "n_pre": np.array(n_pre), "target": path.target}
    for peer in sorted(peers):
        print(f"  {peer}: {of_peer(python, peer, held)} (grid of 1,000 points, step {step:.5f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peers", default=sys.executable, help="Python that has wildboottest, moderndid and honestdid"
    )
    parser.add_argument("--only", choices=CASES, default="")
    parser.add_argument("--least", action="store_true", help="the smallest sizes, to see whether everything runs")
    options = parser.parse_args()
    sizes = LEAST if options.least else Sizes()
    own = {
        "wild": wild,
        "randomization": randomization,
        "one factor": one_factor,
        "specification curve": specification_curve,
        "honest": honest,
    }
    for name, run in own.items():
        if options.only in ("", name):
            run(sizes)
    if options.only in ("", "peers"):
        peers = find_installed(options.peers, ("wildboottest", "moderndid", "honestdid"))
        if "wildboottest" in peers:
            wild_peer(sizes, options.peers)
        if others := peers - {"wildboottest"}:
            honest_peer(sizes, options.peers, others)


if __name__ == "__main__":
    main()
