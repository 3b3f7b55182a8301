"""Models of the untreated outcome, and the scales of their effects."""

from typing import Literal

from twintrade.effects.estimate import Scale

Family = Literal["linear", "poisson"]
SCALES: dict[str | None, Scale] = {
    None: "log points",
    "coefficient": "log points",
    "log_ratio": "log points",
    "difference": "level",
    "percent": "percent",
}
"""Of a proportional effect, by its measure."""
