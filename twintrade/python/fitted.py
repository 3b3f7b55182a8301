"""A fit as economists handle it: coefficient table, fit statistics, fitted values, picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import compress
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from twintrade.design.panel import require_word
from twintrade.design.period_column import to_pandas
from twintrade.effects import Bands
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.regression import join_covariates
from twintrade.fanout import limit_threads
from twintrade.inference import clustering
from twintrade.inference.base import INFERENCES, Inference
from twintrade.inference.clustered import Clustered
from twintrade.python import summary as pages
from twintrade.python.predicting import find_counterfactual, find_model, impute_rows, list_fitted, list_fixed_effects
from twintrade.python.summary import Intervals, Summary
from twintrade.study.by_name import build_generator, build_method, explain_methods, list_names, read_inference

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Sums of coefficients with their errors.


def require_terms(terms: Any, estimates: pd.Series) -> list[str]:
    """Return coefficients by their names."""
    if unknown := [name for name in list_names(terms) if name not in estimates.index] or [""] * (not len(terms)):
        raise InferenceError(f"no coefficient is called {unknown[0]!r}; known: {', '.join(estimates.index)}")
    return list(list_names(terms))


AUTO, CLUSTERED, SCALED = "auto", "clustered", "scaled"
How = str | Inference | None


@explain_methods
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

    def __repr__(self) -> str:
        return "; ".join(filter(None, (Fit.__repr__(self), str(pages.explain_scale(self)))))

    def infer(self, inference: How = None, *, view: View | None = None, seed: int = 1, **options: Any) -> Intervals:
        """Say how sure the estimate is; see ``tt.infer``."""
        view = view or self.views[0]
        estimate = self.view(view)
        inference, options = read_inference(inference, options, self.design.panel)
        name = inference or (CLUSTERED if estimate.kind == "coefficient" else AUTO)
        method = name if isinstance(name, Inference) else build_method(INFERENCES, name, options, "infer")
        if estimate.kind == "coefficient" and method.name not in (CLUSTERED, "crv2"):
            raise InferenceError('coefficients of covariates have clustered errors; set inference to "clustered"')
        key = (repr(method), view, seed)
        if key not in self.bands:
            rng = build_generator(seed, f"{method.name}/{self.estimator.name}/{view}")
            with limit_threads():
                self.bands[key] = method.infer(self, view, rng)
        return Intervals.of(self.bands[key], pages.list_terms(self, estimate), self.design.panel.frequency)

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
        frame = bands.tidy()[pages.find_coefficients(bands.estimate)]
        frames = [frame] if covariates is None else [frame, self._tidy_covariates(bands, covariates)]
        return pd.concat(frames, ignore_index=True)

    def _infer_all(
        self, inference: How, view: View | None, seed: int, options: Mapping[str, Any]
    ) -> tuple[Intervals, Bands | None]:
        """Return bands of a view, and clustered ones of the view joined by the covariates where there are any."""
        bands = self.infer(inference, view=view, seed=seed, **options)
        if bands.estimate.kind == "coefficient":
            return bands, None
        read = read_inference(inference, dict(options), self.design.panel)[1]
        is_own = bands.inference == CLUSTERED
        asked: dict[str, Any] = {k: read[k] for k in ("by", "correction") if is_own and k in read}
        how = inference if isinstance(inference, Clustered) else build_method(INFERENCES, CLUSTERED, asked, "tidy")
        assert isinstance(how, Clustered)
        return bands, replace(how, level=bands.level).infer_covariates(self, bands.estimate)

    def _tidy_covariates(self, bands: Intervals, joint: Bands) -> pd.DataFrame:
        n = len(bands.terms)
        return pages.build_tidy([*bands.terms, *map(str, joint.estimate.names[n:])], joint).iloc[n:]

    def coef(self, *, view: View | None = None) -> pd.Series:
        """Return the estimates by term.

        Examples
        --------
        >>> fit.coef(view="overall").round(2).to_dict()
        {'treated': 0.23}
        """
        o, estimate = self.design.observations, self.view(view or self.views[0])
        is_alone = not o.covariate_names or estimate.kind == "coefficient"
        joint = estimate if is_alone else join_covariates(o, estimate)
        chosen = pages.find_coefficients(estimate)
        terms = [*pages.list_terms(self, estimate), *map(str, joint.names[estimate.n_effects :])]
        series = pd.Series(joint.effects, index=terms, name="estimate")
        return series[np.append(chosen, np.ones(joint.n_effects - chosen.size, dtype=bool))]

    def se(self, inference: How = None, **options: Any) -> pd.Series:
        """Return the standard errors by term; options as in ``tidy``."""
        return self.tidy(inference, **options).set_index("term")["std.error"]

    def confint(self, inference: How = None, *, joint: bool = False, **options: Any) -> pd.DataFrame:
        """Return the ends of the intervals by term; options as in ``tidy``.

        ``joint``: intervals that hold all effects of the view at once, by the largest of their t statistics; of
        scaled errors unless another inference is named, as clustered ones hold them in 80 % with five treated units.

        Examples
        --------
        >>> fit.confint(joint=True).shape
        (10, 2)
        """
        if not joint:
            return self.tidy(inference, **options).set_index("term")[["conf.low", "conf.high"]]
        is_named = inference is not None or {"vcov", "cluster", "by"} & set(options)
        bands = self.infer(inference if is_named else SCALED, **options)
        chosen = pages.find_coefficients(bands.estimate)
        ends = {"conf.low": bands.simultaneous_low[chosen], "conf.high": bands.simultaneous_high[chosen]}
        if not np.isfinite(ends["conf.low"]).all():
            raise InferenceError(f'{bands.inference} gives no joint intervals; set inference to "scaled"')
        return pd.DataFrame(ends, index=pd.Index(list(compress(bands.terms, chosen)), name="term"))

    def wald(
        self,
        terms: str | Sequence[str] | None = None,
        inference: How = CLUSTERED,
        *,
        reference: clustering.Reference = "hotelling",
        **options: Any,
    ) -> pd.Series:
        """Test that some coefficients are all zero: every one of the view, where no terms are named.

        Few clusters cannot tell many coefficients apart: Hotelling's distribution allows for that, and more
        coefficients than treated clusters are refused. ``reference="fixest"``: the usual F, which rejects too often.

        Examples
        --------
        >>> fit.wald(["event_time::-3", "event_time::-2"])["df1"].item()
        2.0
        """
        bands, covariance = self.infer(inference, **options), self.vcov(inference, **options)
        require_word("reference", reference, get_args(clustering.Reference))
        estimates = self.coef(view=options.get("view"))
        names = require_terms(covariance.index if terms is None else terms, estimates)
        b, v = estimates[names].to_numpy(), covariance.loc[names, names].to_numpy()
        if not np.isfinite(v).all():
            raise InferenceError(f'{bands.inference} gives no covariance; set inference to "clustered"')
        fewest = clustering.read_fewest_clusters(bands.facts)
        test = clustering.compute_joint_test(b, v, float(np.nanmin(bands.df)), fewest, reference)
        numbers = {"statistic": test.statistic, "df1": float(test.df1), "df2": test.df2, "p.value": test.p}
        return pd.Series(numbers, name=test.name)

    def vcov(self, inference: How = CLUSTERED, *, view: View | None = None, **options: Any) -> pd.DataFrame:
        """Return the covariance of the coefficients, covariates among them where errors are clustered.

        Examples
        --------
        >>> fit.vcov(view="overall").shape
        (1, 1)
        """
        bands, joint = self._infer_all(inference, view, 1, options)
        chosen = pages.find_coefficients(bands.estimate)
        if joint is None or bands.inference != CLUSTERED:
            return bands.vcov().loc[chosen, chosen]
        assert joint.covariance is not None
        names = self._tidy_covariates(bands, joint)["term"]
        terms = [*compress(bands.terms, chosen), *names]
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
        given = dict(weights) if isinstance(weights, Mapping) else dict.fromkeys(list_names(weights), 1.0)
        if not all(isinstance(weight, int | float) for weight in given.values()):
            raise InferenceError(f"weights are numbers by coefficient, not {given!r}")
        names, w = require_terms(given, estimates), np.array(list(given.values()), dtype=np.float64)
        estimate = float(w @ estimates[names].to_numpy())
        error = float(np.sqrt(w @ covariance.loc[names, names].to_numpy() @ w))
        if not np.isfinite(error):
            raise InferenceError(
                'this inference gives no covariance of the coefficients; set inference to "clustered"'
            )
        statistic, df = np.array([estimate / error]), np.array([float(np.nanmin(bands.df))])
        half = float(clustering.compute_t_quantiles((1 + bands.level) / 2, df)[0]) * error
        term = " + ".join(name if weight == 1 else f"{weight:g}*{name}" for name, weight in given.items())
        p = float(clustering.compute_two_sided_p(statistic, df)[0])
        row = (term, estimate, error, estimate / error, p, estimate - half, estimate + half)
        return pd.DataFrame([row], columns=list(pages.TIDY_COLUMNS))

    @property
    def nobs(self) -> int:
        """Rows that entered the regression."""
        return self.estimate.sample.n_rows

    def resid(self) -> pd.Series:
        """Return outcome less fitted value by unit and period, in the outcome's own unit after its transform."""
        rows, fitted = list_fitted(self)
        return self._by_row(rows, self.design.observations.y[rows] - fitted)

    def predict(self, newdata: Any = None) -> pd.Series:
        """Return the fitted value of every row used, by unit and period: for Poisson the mean.

        ``newdata``: a table with the columns of the panel's. ``twfe`` and ``ppml`` add the treatment, by its
        own column where the table has one, else by each unit's onset; ``imputation`` predicts outcomes without an
        agreement. NaN where no row of the fit has a level of theirs.

        Examples
        --------
        >>> bool(abs(fit.predict().sum() / (fit.predict() + fit.resid()).sum() - 1) < 1e-6)
        True
        """
        if newdata is not None:
            return impute_rows(find_model(self), to_pandas(newdata, "newdata"))
        return self._by_row(*list_fitted(self))

    def counterfactual(self) -> pd.DataFrame:
        """Return observed and expected outcomes of the treated rows by unit and period, as ``imputation`` has them.

        Expected is the outcome without an agreement: for Poisson its mean. Rows that cannot be imputed are absent.

        Examples
        --------
        >>> tt.fit("imputation", design, family="poisson").counterfactual().columns.tolist()
        ['event_time', 'observed', 'expected', 'difference']
        """
        c = find_counterfactual(self)
        o, is_after = c.o, c.o.is_treated[c.rows]
        rows, expected = c.rows[is_after], c.predicted[is_after]
        columns = {"event_time": o.event_time[rows], "observed": o.y[rows], "expected": expected}
        columns["difference"] = o.y[rows] - expected
        return pd.DataFrame({name: self._by_row(rows, values) for name, values in columns.items()})

    def fixef(self) -> dict[str, pd.Series]:
        """Return the fixed effects of ``twfe``, ``ppml`` or ``imputation``, for Poisson in logs; sums are identified.

        Examples
        --------
        >>> list(fit.fixef())
        ['unit', 'city_period', 'partner_period']
        """
        return list_fixed_effects(find_model(self))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fit into one file, arrays and JSON, which ``tt.load`` reads; it holds the panel and no code.

        Examples
        --------
        >>> fit.save("fit.zip")  # doctest: +SKIP
        """
        from twintrade.study.stored import write_fit

        write_fit(path, self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.tidy().__arrow_c_stream__(requested_schema)

    def _by_row(self, rows: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> pd.Series:
        o = self.design.observations
        units = o.panel.given_keys.get("unit", o.panel.units)[o.unit_rows[o.unit[rows]]]
        periods = np.array(o.panel.waves)[o.period[rows] - 1] if o.panel.waves else o.period[rows]
        return pd.Series(values, index=pd.MultiIndex.from_arrays([units, periods], names=["unit", "period"]))

    def glance(self, inference: How = None, **options: Any) -> pd.DataFrame:
        """Return one row about the whole fit: counts, measures of fit, effects absorbed, clusters.

        Examples
        --------
        >>> fit.glance("clustered")["nobs"].item()
        1264
        """
        return pages.build_glance(self, self.infer(inference, **options))

    def summary(self, inference: How = None, *, view: View | None = None, seed: int = 1, **options: Any) -> Summary:
        """Return the fit as a page of text: what was estimated, on what, the coefficients, and what errors are.

        Examples
        --------
        >>> print(fit.summary("clustered", view="overall"))  # doctest: +ELLIPSIS
        PPML: exports_usd...
        """
        bands, joint = self._infer_all(inference, view, seed, options)
        others = "" if joint is None or bands.inference == CLUSTERED else joint.note
        return pages.build_summary(self, bands, self.tidy(inference, view=view, seed=seed, **options), others)

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
        'Years since the agreement; below, number of pairs'
        """
        from twintrade.python.pictures import PlotLook, draw_coefficients, draw_studies

        look, (ax, kind) = PlotLook.take(options), (None, ax) if isinstance(ax, str) else (ax, kind)
        require_word("kind", kind, ("auto", "event", "coef"))
        bands = self.infer(inference, **options)
        is_event = bands.estimate.kind == "event" if kind == "auto" else kind == "event"
        if is_event:
            has_whole = "overall" in self.views and "view" not in options
            whole = {"": self.infer(inference, view="overall", **options)} if has_whole else {}
            return draw_studies({"": bands}, bands.period_name, ax, whole, look)
        return draw_coefficients({"": self.tidy(inference, **options)}, [self.estimate.scale], ax, look)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        tidy = self.tidy(CLUSTERED).set_index("term")[list(pages.TIDY_COLUMNS[1:5])]
        return tidy.set_axis(["b", "se", "t", "p"], axis=1)

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
