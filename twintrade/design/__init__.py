"""Who is compared with whom, and when."""

from twintrade.design.cohort_statistics import CohortStatistics as CohortStatistics
from twintrade.design.design import Design as Design
from twintrade.design.design import add_missing_strata as add_missing_strata
from twintrade.design.design import add_strata as add_strata
from twintrade.design.design import measure_before as measure_before
from twintrade.design.observations import COMPARISONS as COMPARISONS
from twintrade.design.observations import NEVER_TIME as NEVER_TIME
from twintrade.design.observations import Comparison as Comparison
from twintrade.design.observations import Donors as Donors
from twintrade.design.observations import NeverTreated as NeverTreated
from twintrade.design.observations import NotYetTreated as NotYetTreated
from twintrade.design.observations import Observations as Observations
from twintrade.design.observations import describe_untreated as describe_untreated
from twintrade.design.panel import Panel as Panel
from twintrade.design.register import NEVER as NEVER
from twintrade.design.register import Treatment as Treatment
from twintrade.design.register import count_always_compared as count_always_compared
from twintrade.design.register import find_spans as find_spans
from twintrade.design.transforms import NOT_LOG as NOT_LOG
from twintrade.design.transforms import TRANSFORMS as TRANSFORMS
from twintrade.design.transforms import TransformName as TransformName
