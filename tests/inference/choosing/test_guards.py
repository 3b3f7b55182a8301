"""Constants that guard memory or work decide how a number is computed, and neither the method nor the number."""

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.inference.choosing.decision import decide
from twintrade.inference.clustering import find_row_weights


def test_weights_of_cell_regressions_take_one_column(gravity_panel, monkeypatch) -> None:
    """The decision reads them at every size; the columns of all cells together are made for nothing in it."""
    design = gravity_panel(n_treated=12, n_periods=6, fixed_effects="gravity").with_outcome("flow", "level")
    for options in ({"family": "poisson"}, {"family": "poisson", "measure": "percent"}):
        fitted = fit(ETWFE(**options), design)
        overall = fitted.view("overall")
        situation = decide(fitted).situation
        found, weights = find_row_weights(fitted, overall).values[:, 0], overall.uncertainty.outcome_weights
        assert situation.has_weights
        assert not weights.columns._dense
        expected = (weights.columns.dense() @ weights.selector)[:, 0] * weights.scale
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
        size = np.bincount(design.observations.codes("city")[weights.rows], expected**2)
        assert situation.effective["city"] == pytest.approx(size.sum() ** 2 / (size**2).sum(), rel=1e-9)
