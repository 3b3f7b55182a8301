import numpy as np

from twintrade.design import Design, Panel
from twintrade.simulate import OUTCOME, simulate


def test_every_row_has_a_weight_named_or_not() -> None:
    made = simulate(np.random.default_rng(0), n_cities=6, n_partners=0, n_periods=5, cohorts={2002: 0.5})
    plain = Design(panel=made.panel, treatment=made.treatment, outcome=OUTCOME).observations
    assert plain.row_weights.tolist() == [1.0] * plain.n_rows
    assert plain.weights_of(np.array([1, 3])) is None

    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    frame["size"] = np.arange(1.0, len(frame) + 1)
    panel = Panel.from_frame(frame, city="city")
    weighted = Design(panel=panel, treatment=made.treatment, outcome=OUTCOME, weights="size").observations
    assert weighted.row_weights.tolist() == frame["size"].tolist()
    assert weighted.weights_of(np.array([3, 1])).tolist() == [4.0, 2.0]
