"""A fit as economists handle it: coefficient table, fit statistics, fitted values, picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from twintrade.effects import Bands, Estimate
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.regression import join_covariates
from twintrade.fanout import limit_threads
from twintrade.inference.base import INFERENCES, Inference
from twintrade.inference.clustered import Clustered, build_sandwich_bands, describe_sandwich
from twintrade.inference.clustering import compute_t_quantiles, compute_two_sided_p
from twintrade.numerics.arrays import FloatArray
from twintrade.python.summary import (
    Intervals,
    Summary,
    build_glance,
    build_summary,
    build_tidy,
    find_coefficients,
    list_terms,
)
from twintrade.study.by_name import build_generator, build_method

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Sums of coefficients with their errors.


def combine_terms(
    estimates: pd.Series,
    covariance: pd.DataFrame,
    weights: Mapping[str, float] | Sequence[str],
    level: float,
    degrees: float,
) -> pd.DataFrame:
    """Return the tidy row of some coefficients' sum, weighted or plain; ``degrees``: ``inf`` for the normal."""
    given = dict(weights) if isinstance(weights, Mapping) else dict.fromkeys(weights, 1.0)
    unknown = [name for name in given if name not in estimates.index]
    if unknown:
        raise InferenceError(f"no coefficient is called {unknown[0]!r}; known: {', '.join(estimates.index)}")
    names, w = list(given), np.array(list(given.values()), dtype=np.float64)
    estimate = float(w @ estimates[names].to_numpy())
    error = float(np.sqrt(w @ covariance.loc[names, names].to_numpy() @ w))
    if not np.isfinite(error):
        raise InferenceError('this inference gives no covariance of the coefficients; set inference to "clustered"')
    statistic, df = np.array([estimate / error]), np.array([degrees])
    half = float(compute_t_quantiles((1 + level) / 2, df)[0]) * error
    row = {
        "term": " + ".join(name if weight == 1 else f"{weight:g}*{name}" for name, weight in given.items()),
        "estimate": estimate,
        "std.error": error,
        "statistic": estimate / error,
        "p.value": float(compute_two_sided_p(statistic, df)[0]),
        "conf.low": estimate - half,
        "conf.high": estimate + half,
    }
    return pd.DataFrame([row])


AUTO, CLUSTERED = "auto", "clustered"
How = str | Inference | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FitResult(Fit):
    """An estimate with all that a refit needs, and the accessors of a regression table.

    Wherever an inference is asked for, it is a name from ``twintrade list inferences`` with its options as keywords,
    or one made already; "auto" where none is given. Covariates have clustered errors whatever the effects have.

    Examples
    --------
    >>> fit = tt.fit("ppml", design, shape="static")
    >>> fit.tidy("clustered").columns.tolist()
    ['term', 'estimate', 'std.error', 'statistic', 'p.value', 'conf.low', 'conf.high']
    >>> fit.nobs
    1264
    """

    bands: dict[tuple[Any, ...], Bands] = field(default_factory=dict)

    @classmethod
    def of(cls, fit: Fit) -> "FitResult":
        """Return a fit with its accessors."""
        return cls(**{f.name: getattr(fit, f.name) for f in fields(Fit)})

    def infer(self, inference: How = None, *, view: View | None = None, seed: int = 1, **options: Any) -> Intervals:
        """Say how sure the estimate is; see ``tt.infer``."""
        view = view or self.views[0]
        estimate = self.view(view)
        name = inference or (CLUSTERED if estimate.kind == "coefficient" else AUTO)
        method = name if isinstance(name, Inference) else build_method(INFERENCES, name, options, "infer")
        if estimate.kind == "coefficient" and method.name not in (CLUSTERED, "crv2"):
            raise InferenceError('coefficients of covariates have clustered errors; set inference to "clustered"')
        key = (repr(method), view, seed)
        if key not in self.bands:
            rng = build_generator(seed, f"{method.name}/{self.estimator.name}/{view}")
            with limit_threads():
                self.bands[key] = method.infer(self, view, rng)
        return Intervals.of(self.bands[key], list_terms(self, estimate), self.design.panel.frequency)

    def tidy(self, inference: How = None, *, view: View | None = None, seed: int = 1, **options: Any) -> pd.DataFrame:
        """Return the coefficient table: effects without their reference, then covariates.

        Parameters
        ----------
        inference : str or Inference, optional
        view : str, optional
            Which effects: "event", "overall", "path", "cohort", "calendar", "cell"; the first that the fit has.
        seed : int
        **options
            Of the inference: ``by=("unit",)``, ``level=0.9``, ``correction="fixest"``.

        Examples
        --------
        >>> fit.tidy("clustered", view="overall", by=("unit",))["term"].tolist()
        ['treated']
        """
        bands, covariates = self._infer_all(inference, view, seed, options)
        frame = bands.tidy()[find_coefficients(bands.estimate)]
        frames = [frame] if covariates is None else [frame, self._tidy_covariates(bands, covariates)]
        return pd.concat(frames, ignore_index=True)

    def _infer_all(
        self, inference: How, view: View | None, seed: int, options: Mapping[str, Any]
    ) -> tuple[Intervals, Bands | None]:
        """Return bands of a view, and clustered ones of the view joined by the covariates where there are any."""
        bands = self.infer(inference, view=view, seed=seed, **options)
        joint = self._join(bands.estimate)
        if joint is bands.estimate:
            return bands, None
        asked = {k: options[k] for k in ("by", "correction") if k in options and bands.inference == CLUSTERED}
        how = inference if isinstance(inference, Clustered) else build_method(INFERENCES, CLUSTERED, asked, "tidy")
        assert isinstance(how, Clustered)
        sandwich = how.sandwich(self, joint)
        clustered = build_sandwich_bands(
            joint, how.name, bands.level, sandwich, float("nan"), describe_sandwich(sandwich), {}, ()
        )
        return bands, clustered

    def _join(self, estimate: Estimate) -> Estimate:
        """Return an estimate with the covariates beside it; itself where there are none."""
        o = self.design.observations
        if not o.covariate_names or estimate.kind == "coefficient":
            return estimate
        joint = join_covariates(o, estimate)
        return joint if joint.n_effects > estimate.n_effects else estimate

    def _tidy_covariates(self, bands: Intervals, joint: Bands) -> pd.DataFrame:
        n = len(bands.terms)
        return build_tidy([*bands.terms, *map(str, joint.estimate.names[n:])], joint).iloc[n:]

    def coef(self, *, view: View | None = None) -> pd.Series:
        """Return the estimates by term.

        Examples
        --------
        >>> fit.coef(view="overall").round(2).to_dict()
        {'treated': 0.23}
        """
        estimate = self.view(view or self.views[0])
        joint = self._join(estimate)
        chosen = find_coefficients(estimate)
        terms = [*list_terms(self, estimate), *map(str, joint.names[estimate.n_effects :])]
        series = pd.Series(joint.effects, index=terms, name="estimate")
        return series[np.append(chosen, np.ones(joint.n_effects - chosen.size, dtype=bool))]

    def se(self, inference: How = None, **options: Any) -> pd.Series:
        """Return the standard errors by term; options as in ``tidy``."""
        return self.tidy(inference, **options).set_index("term")["std.error"]

    def confint(self, inference: How = None, **options: Any) -> pd.DataFrame:
        """Return the ends of the intervals by term; options as in ``tidy``."""
        return self.tidy(inference, **options).set_index("term")[["conf.low", "conf.high"]]

    def vcov(self, inference: How = CLUSTERED, *, view: View | None = None, **options: Any) -> pd.DataFrame:
        """Return the covariance of the coefficients, covariates among them where errors are clustered.

        Examples
        --------
        >>> fit.vcov(view="overall").shape
        (1, 1)
        """
        bands, joint = self._infer_all(inference, view, 1, options)
        chosen = find_coefficients(bands.estimate)
        if joint is None or bands.inference != CLUSTERED:
            return bands.vcov().loc[chosen, chosen]
        assert joint.covariance is not None
        names = self._tidy_covariates(bands, joint)["term"]
        terms = [*(t for t, c in zip(bands.terms, chosen, strict=True) if c), *names]
        kept = np.append(chosen, np.ones(len(names), dtype=bool))
        return pd.DataFrame(joint.covariance[np.ix_(kept, kept)], index=terms, columns=terms)

    def lincom(
        self, weights: Mapping[str, float] | Sequence[str], inference: How = CLUSTERED, **options: Any
    ) -> pd.DataFrame:
        """Return a sum of coefficients with its error, as ``lincom`` in Stata: names, or weights by name.

        Examples
        --------
        >>> fit.lincom(["event_time::1", "event_time::2"])["term"].tolist()
        ['event_time::1 + event_time::2']
        """
        bands = self.infer(inference, **options)
        estimates, covariance = self.coef(view=options.get("view")), self.vcov(inference, **options)
        return combine_terms(estimates, covariance, weights, bands.level, float(np.nanmin(bands.df)))

    @property
    def nobs(self) -> int:
        """Rows that entered the regression."""
        return self.estimate.sample.n_rows

    def resid(self) -> pd.Series:
        """Return outcome less fitted value by unit and period, in the outcome's own unit after its transform.

        Raises
        ------
        EstimationError
            The method is no single regression.
        """
        rows, fitted = self._fitted()
        return self._by_row(rows, self.design.observations.y[rows] - fitted)

    def predict(self) -> pd.Series:
        """Return the fitted value of every row used, by unit and period: for Poisson the mean.

        Raises
        ------
        EstimationError
            The method is no single regression.

        Examples
        --------
        >>> bool(abs(fit.predict().sum() / (fit.predict() + fit.resid()).sum() - 1) < 1e-6)
        True
        """
        return self._by_row(*self._fitted())

    def _fitted(self) -> tuple[np.ndarray[Any, Any], FloatArray]:
        source = getattr(self.estimate.uncertainty, "regression", None)
        if source is None:
            raise EstimationError(f"{self.estimator.name} is no single regression; it has no fitted values")
        o = self.design.observations
        if self.estimator.is_poisson:
            return source.rows, source.weights / o.row_weights[source.rows]
        return source.rows, o.y[source.rows] - source.residuals

    def _by_row(self, rows: np.ndarray[Any, Any], values: FloatArray) -> pd.Series:
        o = self.design.observations
        units = o.panel.given_keys.get("unit", o.panel.units)[o.unit_rows[o.unit[rows]]]
        return pd.Series(values, index=pd.MultiIndex.from_arrays([units, o.period[rows]], names=["unit", "period"]))

    def glance(self, inference: How = None, **options: Any) -> pd.DataFrame:
        """Return one row about the whole fit: counts, measures of fit, effects absorbed, clusters.

        Examples
        --------
        >>> fit.glance("clustered")["nobs"].item()
        1264
        """
        return build_glance(self, self.infer(inference, **options))

    def summary(self, inference: How = None, *, view: View | None = None, seed: int = 1, **options: Any) -> Summary:
        """Return the fit as a page of text: what was estimated, on what, the coefficients, and what errors are.

        Examples
        --------
        >>> print(fit.summary("clustered", view="overall"))  # doctest: +ELLIPSIS
        PPML: exports_usd...
        """
        bands, joint = self._infer_all(inference, view, seed, options)
        others = "" if joint is None or bands.inference == CLUSTERED else joint.note
        return build_summary(self, bands, self.tidy(inference, view=view, seed=seed, **options), others)

    def plot(
        self,
        ax: "Axes | None" = None,
        kind: Literal["auto", "event", "coef"] = "auto",
        inference: How = None,
        **options: Any,
    ) -> "Axes":
        """Draw the event study ("event") or the coefficients as lines ("coef"); return the axes.

        Examples
        --------
        >>> fit.plot(inference="clustered").get_xlabel()
        'Years since onset'
        """
        from twintrade.python.pictures import draw_coefficients, draw_studies

        bands = self.infer(inference, **options)
        is_event = bands.estimate.kind == "event" if kind == "auto" else kind == "event"
        if is_event:
            return draw_studies({"": bands}, bands.period_name, ax)
        return draw_coefficients({"": self.tidy(inference, **options)}, [self.estimate.scale], ax)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        names = {"estimate": "b", "std.error": "se", "statistic": "t", "p.value": "p"}
        tidy = self.tidy(CLUSTERED).set_index("term")
        columns = {short: tidy[name] for name, short in names.items()}
        return pd.DataFrame(columns)

    @property
    def __maketables_depvar__(self) -> str:
        return self.design.outcome

    @property
    def __maketables_fixef_string__(self) -> str:
        return "+".join(self.estimate.sample.effects)

    @property
    def __maketables_vcov_info__(self) -> dict[str, str]:
        return {"vcov_type": CLUSTERED, "clustervar": "+".join(self.design.clusters)}

    def __maketables_stat__(self, key: str) -> float | None:
        known = {"r2_within": "within_r2", "pseudo_r2": "pseudo_r2"}
        return self.nobs if key == "N" else self.estimate.sample.statistics.get(known.get(key, ""))

    def _repr_html_(self) -> str:
        try:
            return self.summary()._repr_html_()
        except (InferenceError, EstimationError):
            return f"<p>{self!r}</p>"
