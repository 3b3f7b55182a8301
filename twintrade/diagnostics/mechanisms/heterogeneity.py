"""Effects by group of treated units, whether they differ, and p-values that know how many groups were looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import LEVEL, Diagnostic, require
from twintrade.diagnostics.variants import Variant
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import DesignError, InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference import clustering
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import JointTest
from twintrade.inference.crv2 import Scaled
from twintrade.inference.refits import compare_in_turn, estimate_overall
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray, compact, sum_by_group
from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.testing import adjust_sharpened_q
from twintrade.text import Listed, Text, Words, find_fact

# Groups of treated units, from what was known when the agreement began.

TERCILES = ("low", "middle", "high")
ORDERS = (Text("checks.group-order", first="yes"), Text("checks.group-order", first="no"))
BUILT_IN = ("era", "cohort", "city", "partner", "kind", "order")


def find_treated_units(design: Design) -> IntArray:
    """Return the positions, among the observations' units, of units treated within the sample."""
    return np.flatnonzero(design.observations.is_ever_treated)


def assign_groups(design: Design, by: str, breaks: tuple[int, ...]) -> tuple[ObjectArray, tuple[Message, ...]]:
    """Return the group of each treated unit, in the order of ``find_treated_units``, "" where none is known.

    ``by``: one of ``BUILT_IN``, an era being before or from each of ``breaks``, or a column of the panel, read before
    onset only: numbers as terciles of their mean, up to three different ones and texts as they stand.
    """
    o, panel = design.observations, design.panel
    units = find_treated_units(design)
    onset, rows = o.unit_onset[units], o.unit_rows[units]
    if by not in BUILT_IN:
        if by not in panel.columns:
            raise DesignError(f"nothing is called {by!r}; group by {', '.join(BUILT_IN)} or a column of the panel")
        return _column(design, by, rows, onset)
    groups: Iterable[Text | str]
    if by == "era":
        cuts, names = _list_eras(design, onset, breaks)
        groups = (names[k] for k in np.searchsorted(cuts, onset, side="right"))
    elif by == "order":
        first = np.full(panel.cities.size, np.inf)
        np.minimum.at(first, panel.unit_city, design.treatment.aligned(panel.units))
        groups = (ORDERS[int(is_later)] for is_later in onset > first[panel.unit_city[rows]])
    elif by == "kind":
        register = design.treatment.register
        if "kind" not in register:
            raise DesignError("the register says nothing about the kind of agreements")
        known = register.dropna(subset=["onset"]).sort_values("onset").drop_duplicates("unit").set_index("unit")
        groups = (str(known["kind"].get(str(unit), "")) for unit in panel.units[rows])
    elif by == "cohort":
        groups = (panel.label(int(g)) for g in onset)
    else:
        groups = panel.cities[panel.unit_city[rows]] if by == "city" else panel.partners[panel.unit_partner[rows]]
    return np.array([str(group) for group in groups], dtype=object), ()


def name_groups(design: Design, by: str, breaks: tuple[int, ...]) -> dict[str, Text]:
    """Return the texts of the groups that the program names, by their words."""
    onset = design.observations.unit_onset[find_treated_units(design)]
    texts = ORDERS if by == "order" else _list_eras(design, onset, breaks)[1] if by == "era" else ()
    return {str(text): text for text in texts}


def _list_eras(design: Design, onset: FloatArray, breaks: tuple[int, ...]) -> tuple[list[int], list[Text]]:
    """Return the onsets at which eras begin, and what each era is called."""
    cuts = sorted(breaks) if breaks else [int(np.ceil(np.median(onset)))]
    label = design.panel.label
    between = (Text("checks.group-between", start=label(a), end=label(b)) for a, b in pairwise(cuts))
    first, last = Text("checks.group-before", end=label(cuts[0])), Text("checks.group-from", start=label(cuts[-1]))
    return cuts, [first, *between, last]


def _column(design: Design, by: str, rows: IntArray, onset: FloatArray) -> tuple[ObjectArray, tuple[Message, ...]]:
    panel = design.panel
    values = pd.Series(panel.columns[by])
    starts = np.full(panel.n_units, np.inf)
    starts[rows] = onset
    before = panel.period < starts[panel.unit] - design.anticipation
    mine = np.isin(panel.unit, rows)
    observed = pd.DataFrame({"unit": panel.unit, "value": values})
    early = observed[before & mine].dropna()
    if early.empty and observed[mine].dropna().size:
        raise DesignError(f"{by!r} is observed after onset only: grouping by it would condition on an outcome")
    late = observed[mine].dropna().groupby("unit")["value"].nunique()
    warning = Message("warning", "bad-control", Text("checks.group-changes", by=by))
    messages = (warning,) if (late > 1).any() else ()
    by_unit = early.groupby("unit")["value"]
    if not pd.api.types.is_numeric_dtype(values):
        names = ["" if pd.isna(v) else str(v) for v in by_unit.last().reindex(rows)]
    elif (mean := by_unit.mean().reindex(rows)).nunique() <= len(TERCILES):
        names = [f"{by}: {v:g}" if v == v else "" for v in mean]
    else:
        ranks = mean.rank(method="average", pct=True).to_numpy()
        names = [f"{by}: {TERCILES[min(2, int(3 * (r - 1e-9)))]}" if r == r else "" for r in ranks]
    return np.array(names, dtype=object), messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity(Diagnostic):
    """For whom the effect is larger; each group is estimated without the treated units of the others.

    Attributes
    ----------
    by : str
        "era", "cohort", "city", "partner", "kind", "order" or a column of the panel.
    breaks : tuple of int
        Onsets at which eras begin.
    min_units : int
        Smaller groups are listed and not estimated.
    draws : int
        Re-labelings of the treated units, where the test of equality cannot rest on clustered errors.
    """

    by: str = "era"
    breaks: tuple[int, ...] = ()
    min_units: int = 2
    draws: int = 99
    name: ClassVar[str] = "heterogeneity"
    citation: ClassVar[str] = "romano2005"
    payload_kinds: ClassVar = {"forest": "forest"}
    topic: ClassVar[Topic] = "forest"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a group and the p-value of equality; payload ``forest``."""
        groups, notes = assign_groups(fit.design, self.by, self.breaks)
        names, counts = np.unique(groups[groups != ""].astype(str), return_counts=True)
        large = [str(n) for n, c in zip(names, counts, strict=True) if c >= self.min_units]
        require(len(large) >= 2, Text("checks.groups-small", by=self.by, n=self.min_units))
        chosen = variants.simplify_inference(fit, inference)
        named = name_groups(fit.design, self.by, self.breaks)
        designs = {name: keep_group(fit.design, groups == name) for name in large}
        alternatives = [Variant(named.get(name, name), self.by, design) for name, design in designs.items()]
        table = variants.compare_variants(fit, alternatives, chosen, rng, is_same_target=False)
        table["n_treated"] = [int((groups == name).sum()) for name in large]
        tests = table["p"].to_numpy(dtype=np.float64)
        table["p_holm"], table["q_sharpened"] = adjust_holm(tests), adjust_sharpened_q(tests)
        known = table.dropna(subset=["effect"])
        require(len(known) >= 2, Text("checks.groups-few"))
        test, p = self._equality(fit, groups, large, isinstance(resolve_method(fit, chosen), Clustered | Scaled), rng)
        scale = fit.estimate.scale
        listed = tuple(
            Text("common.named", name=label, value=variants.format_effect(float(effect), scale))
            for label, effect in zip(variants.list_words(known, "label"), known["effect"], strict=True)
        )
        differ = "unknown" if np.isnan(p) else "yes" if p < 0.05 else "no"
        grouped, effects = find_fact("labels.by-", self.by), Listed(listed, "semicolon")
        by = Text("checks.groups", by=grouped, effects=effects, differ=differ, test=test, p=p)
        small = tuple(
            Text("checks.group-small", name=named.get(str(n), str(n)), n=int(c))
            for n, c in zip(names, counts, strict=True)
            if c < self.min_units
        )
        left_out = (Text("checks.groups-left-out", groups=Listed(small, "comma")),) if small else ()
        forest = table[["label", "label_text", "effect", "low", "high", "p", "group"]].assign(p_equality=p)
        return self.conclude(
            Listed((by, *left_out), "sentences"),
            table,
            payloads={"forest": forest},
            value=p,
            unit="p",
            messages=(*notes, *variants.list_failures(self.name, table)),
        )

    def _equality(
        self, fit: Fit, groups: ObjectArray, names: list[str], is_clustered: bool, rng: np.random.Generator
    ) -> tuple[Words, float]:
        try:
            if is_clustered:
                joint = compute_joint_equality(fit, groups, names)
                return Text("checks.groups-test", test=joint.name), joint.p
            return Text("checks.groups-relabelled"), self._relabeled(fit, groups, names, rng)
        except TwintradeError as error:
            return error.text, float("nan")

    def _relabeled(self, fit: Fit, groups: ObjectArray, names: list[str], rng: np.random.Generator) -> float:
        """Return how often groups dealt out otherwise lie as far apart."""
        dealt = [rng.permutation(groups) for _ in range(self.draws)]
        null = fit.estimator.linear_null(fit.design, fit.design.observations.y[:, None], ["overall"])
        n = len(names)

        def draw(run: range) -> tuple[float, FloatArray]:
            some = [groups, *dealt[run.start : run.stop]]

            def keep(k: int) -> Design:
                return keep_group(fit.design, some[k // n] == names[k % n])

            effects = estimate_overall(fit, null, n * len(some), keep, "groups")[0].reshape(-1, n)
            for k in np.flatnonzero(np.isnan(effects[0])):
                fit.refit(keep(int(k)), "overall")  # says why
            observed, *drawn = np.ptp(effects, axis=1)
            return float(observed), np.array(drawn)[~np.isnan(drawn)]

        _, drawn, p = compare_in_turn(draw, self.draws, 1 - LEVEL, ends_early=True)
        return p if drawn.size else float("nan")


def keep_group(design: Design, members: BoolArray) -> Design:
    """Return the design without the treated units outside a group."""
    o = design.observations
    return design.without([str(u) for u in o.unit_ids[find_treated_units(design)[~members]]])


def compute_joint_equality(fit: Fit, groups: ObjectArray, names: list[str]) -> JointTest:
    """Test that all groups have one effect, from the groups' influence put side by side.

    The groups share comparison units, so their estimates are correlated. Influence is next to nothing around the mean
    of a few units: a variance is at least its scaled one, with degrees of freedom of differences of such (Welch
    1947). Of several clustering dimensions the one that objects least counts: multi-way eigenvalues may be negative.
    """
    o = fit.design.observations
    fits = [fit.refit(keep_group(fit.design, groups == name), "overall") for name in names]
    contrasts = np.diff(np.eye(len(names)), axis=0)
    differences = contrasts @ np.array([one.view("overall").effects[0] for one in fits])
    dimensions = [name for name in fit.design.clusters if name in clustering.NESTING] or ["unit"]
    influence = np.zeros((o.n_units, len(fits)))
    factor, df = 1.0, float("inf")
    for k, one in enumerate(fits):
        estimate = one.view("overall")
        sandwich = Clustered().sandwich(one, estimate)
        factor, df = max(factor, sandwich.correction.factor), min(df, sandwich.correction.df)
        by_unit = clustering.find_clusters(one, estimate, ("unit",)).influence
        influence[pd.Index(o.unit_ids).get_indexer(pd.Index(by_unit.units)), k] = by_unit.matrix()[:, 0]
    has_weights = all(clustering.find_row_weights(one, one.view("overall")) is not None for one in fits)
    tests = []
    for name in dimensions:
        codes = compact(o.unit_clusters(name))
        sums = sum_by_group(influence, codes)
        covariance, fewest = factor * sums.T @ sums, float(np.unique(codes[o.is_ever_treated]).size)
        if has_weights:
            covariance, df = _raise_variances(fits, covariance, contrasts, name)
            fewest = df + 1
        tests.append(clustering.compute_joint_test(differences, contrasts @ covariance @ contrasts.T, df, fewest))
    return max(tests, key=lambda test: test.p)


def _raise_variances(
    fits: list[Fit], covariance: FloatArray, contrasts: FloatArray, name: str
) -> tuple[FloatArray, float]:
    """Return the groups' covariance with no variance below the scaled one, and the fewest degrees of a contrast."""
    scaled = [next(clustering.compute_scaled_variances(one, [one.view("overall")], (name,))) for one in fits]
    variance = np.maximum(np.diag(covariance), [float(one.covariance[0, 0]) for one in scaled])
    parts = contrasts**2 * variance
    df = float((parts.sum(axis=1) ** 2 / (parts**2 / [float(one.df[0]) for one in scaled]).sum(axis=1)).min())
    if not len(contrasts) < df:
        raise InferenceError(f"errors of {df:.1f} degrees of freedom cannot tell {len(fits)} groups apart")
    return covariance + np.diag(variance - np.diag(covariance)), df
