"""Fits made one by one, as the result set that a run of the same fits would have."""

from collections.abc import Mapping, Sequence

import pandas as pd

from twintrade.effects import Bands, ResultSet, build_findings_frame
from twintrade.effects.messages import build_messages_frame
from twintrade.estimators.base import Fit
from twintrade.study.page.assemble import build_bands_frame, build_data_frame, build_effects_frame
from twintrade.study.page.specifications import build_specifications
from twintrade.study.plan.jobs import LadderColumn
from twintrade.study.run.columns import LISTED_VIEWS
from twintrade.study.run.results import Estimated, Ladder
from twintrade.study.spec.analysis import DesignSection


def build_results_of_fits(fits: Mapping[str, Fit], bands: Sequence[Sequence[Bands]]) -> ResultSet:
    """Return fits by their labels, with the bands of each, as a result set of that ladder."""
    pairs = zip(fits.items(), bands, strict=True)
    estimated = [_estimate(label, fit, bands_of_fit, i) for i, ((label, fit), bands_of_fit) in enumerate(pairs)]
    ladder = Ladder(tuple(estimated))
    design = next(iter(fits.values())).design
    return ResultSet(
        name="",
        title="",
        data=build_data_frame(design),
        twinnings=pd.DataFrame(),
        specifications=build_specifications(ladder),
        effects=build_effects_frame(ladder),
        bands=build_bands_frame(ladder),
        findings=build_findings_frame([]),
        messages=build_messages_frame([m for bands_of_fit in bands for b in bands_of_fit for m in b.messages]),
        sections={"period_name": design.panel.frequency},
    )


def _estimate(label: str, fit: Fit, bands: Sequence[Bands], position: int) -> Estimated:
    design = fit.design
    column = LadderColumn(
        estimator=fit.estimator,
        key=str(position),
        label=label or fit.estimator.title or fit.estimator.name,
        design=DesignSection.model_construct(outcome=design.outcome, transform=design.transform),
        exclude_flagged=False,
        donors="all",
        is_headline=position == 0,
    )
    views = tuple(fit.view(view) for view in LISTED_VIEWS if view in fit.views)
    return Estimated(column, design, fit, views, tuple(bands))
