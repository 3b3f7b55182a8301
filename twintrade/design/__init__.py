"""Who is compared with whom, and when."""

from twintrade.design.cohort_statistics import CohortStatistics
from twintrade.design.comparison import COMPARISONS, Comparison, Donors, NeverTreated, NotYetTreated
from twintrade.design.design import Design, add_missing_strata, add_strata, measure_before
from twintrade.design.observations import NEVER_TIME, Observations, describe_untreated
from twintrade.design.panel import Panel
from twintrade.design.register import NEVER, Treatment, count_always_compared
from twintrade.design.transforms import NOT_LOG, TRANSFORMS, TransformName

__all__ = [
    "COMPARISONS",
    "NEVER",
    "NEVER_TIME",
    "NOT_LOG",
    "TRANSFORMS",
    "CohortStatistics",
    "Comparison",
    "Design",
    "Donors",
    "NeverTreated",
    "NotYetTreated",
    "Observations",
    "Panel",
    "TransformName",
    "Treatment",
    "add_missing_strata",
    "add_strata",
    "count_always_compared",
    "describe_untreated",
    "measure_before",
]
