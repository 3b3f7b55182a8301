"""Intervals that stay valid when trends may differ by a bounded amount."""

from twintrade.numerics.honest.dual_vertices import Bias as Bias
from twintrade.numerics.honest.dual_vertices import Kind as Kind
from twintrade.numerics.honest.dual_vertices import Monotone as Monotone
from twintrade.numerics.honest.intervals import EventPath as EventPath
from twintrade.numerics.honest.intervals import Method as Method
from twintrade.numerics.honest.intervals import RobustInterval as RobustInterval
from twintrade.numerics.honest.intervals import Violation as Violation
from twintrade.numerics.honest.intervals import compute_robust_interval as compute_robust_interval
from twintrade.numerics.honest.intervals import find_interval_beyond as find_interval_beyond
