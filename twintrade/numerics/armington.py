"""Trade between places in a one-sector Armington world after trade costs change, by exact hat algebra."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray

Closure: TypeAlias = Literal["full", "conditional"]
Deficits: TypeAlias = Literal["fixed", "proportional"]

CLOSE = 1e-12  # change of the logarithm of every price in one round at which the rounds end
MOST_ROUNDS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class WorldChange:
    """A world after trade costs changed; hats are ratios to the world before."""

    flows: FloatArray  # (n, n), new trade by origin and destination
    wage: FloatArray  # (n,), hat of the price of a place's labour; of its factory price where output is held
    price: FloatArray  # (n,), hat of what a place's basket costs
    real_income: FloatArray  # (n,), hat of expenditure over price


def solve_world(
    flows: FloatArray,
    costs: FloatArray,
    elasticity: float,
    supply: float = 0.0,
    closure: Closure = "full",
    deficits: Deficits = "fixed",
) -> WorldChange:
    """Return trade after the factors ``costs``, (n, n), on the partial effect of each flow.

    ``flows``, (n, n): trade by origin and destination with home trade on the diagonal. ``elasticity`` theta of trade
    with respect to its costs; ``supply`` psi of labour with respect to the real wage. With shares pi, outputs Y and
    expenditures E, hats solve Y w^(1 + psi) p^-psi = w^-theta sum_j pi_ij c_ij E'_j / P_j, P_j = sum_i pi_ij c_ij
    w_i^-theta, p = P^(-1/theta); world output is held. Deficits are fixed amounts or, ``proportional``, shares of
    output, which leaves sales and output of every place one common factor apart. The conditional closure holds every
    output and expenditure and lets factory prices alone adjust (Anderson and van Wincoop 2003). Dekle, Eaton and
    Kortum (2008); Baier, Yotov and Zylkin (2019, section 6); Campos, Reggio and Timini (2024) for the supply
    elasticity.
    """
    output, spent = flows.sum(axis=1), flows.sum(axis=0)
    shares = flows / spent * costs
    n = output.size
    is_held = closure == "conditional"
    power = elasticity if is_held else 1 + elasticity + supply
    wage, expenditure = np.ones(n), spent.copy()
    levels = shares.sum(axis=0)
    for _ in range(MOST_ROUNDS):
        supplied = 1.0 if is_held else levels ** (-supply / elasticity)
        new = (shares @ (expenditure / levels) * supplied / output) ** (1 / power)
        new_levels = shares.T @ new**-elasticity
        if is_held:
            scale = output.sum() / (output @ new)
        else:
            produced = output * new ** (1 + supply) * new_levels ** (supply / elasticity)
            scale = output.sum() / produced.sum()
            produced = produced * scale
            expenditure = spent * produced / output if deficits == "proportional" else produced + spent - output
        new, levels = new * scale, new_levels * scale**-elasticity
        moved, wage = np.abs(np.log(new / wage)).max(), new
        if moved < CLOSE:
            break
    else:
        raise EstimationError("the world after the agreements was not found: its prices did not settle")
    price = levels ** (-1 / elasticity)
    traded = shares * (wage**-elasticity)[:, None] / levels * expenditure
    return WorldChange(traded, wage, price, expenditure / spent / price)
