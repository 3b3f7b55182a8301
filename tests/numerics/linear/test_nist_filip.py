"""Least squares where the Gram matrix says nothing: NIST's Filip, and columns on the brink of collinearity.

Data and certified values: NIST, Statistical Reference Datasets, linear regression, Filip
(https://www.itl.nist.gov/div898/strd/lls/data/Filip.shtml), a polynomial of degree ten on 82 observations.
"""

import numpy as np
import pytest

from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.linear.regression import fit_least_squares

# The centered columns, scaled to unit norm, have a condition number of 4e9: of 16 digits about six can be left.
CERTIFIED = 1e-6

FILIP = """
0.8116 -6.860120914; 0.9072 -4.324130045; 0.9052 -4.358625055; 0.9039 -4.358426747; 0.8053 -6.955852379;
0.8377 -6.661145254; 0.8667 -6.355462942; 0.8809 -6.118102026; 0.7975 -7.115148017; 0.8162 -6.815308569;
0.8515 -6.519993057; 0.8766 -6.204119983; 0.8885 -5.853871964; 0.8859 -6.109523091; 0.8959 -5.79832982;
0.8913 -5.482672118; 0.8959 -5.171791386; 0.8971 -4.851705903; 0.9021 -4.517126416; 0.909 -4.143573228;
0.9139 -3.709075441; 0.9199 -3.499489089; 0.8692 -6.300769497; 0.8872 -5.953504836; 0.89 -5.642065153;
0.891 -5.031376979; 0.8977 -4.680685696; 0.9035 -4.329846955; 0.9078 -3.928486195; 0.7675 -8.56735134;
0.7705 -8.363211311; 0.7713 -8.107682739; 0.7736 -7.823908741; 0.7775 -7.522878745; 0.7841 -7.218819279;
0.7971 -6.920818754; 0.8329 -6.628932138; 0.8641 -6.323946875; 0.8804 -5.991399828; 0.7668 -8.781464495;
0.7633 -8.663140179; 0.7678 -8.473531488; 0.7697 -8.247337057; 0.77 -7.971428747; 0.7749 -7.676129393;
0.7796 -7.352812702; 0.7897 -7.072065318; 0.8131 -6.774174009; 0.8498 -6.478861916; 0.8741 -6.159517513;
0.8061 -6.835647144; 0.846 -6.53165267; 0.8751 -6.224098421; 0.8856 -5.910094889; 0.8919 -5.598599459;
0.8934 -5.290645224; 0.894 -4.974284616; 0.8957 -4.64454848; 0.9047 -4.290560426; 0.9129 -3.885055584;
0.9209 -3.408378962; 0.9219 -3.13200249; 0.7739 -8.726767166; 0.7681 -8.66695597; 0.7665 -8.511026475;
0.7703 -8.165388579; 0.7702 -7.886056648; 0.7761 -7.588043762; 0.7809 -7.283412422; 0.7961 -6.995678626;
0.8253 -6.691862621; 0.8602 -6.392544977; 0.8809 -6.067374056; 0.8301 -6.684029655; 0.8664 -6.378719832;
0.8834 -6.065855188; 0.8898 -5.752272167; 0.8964 -5.132414673; 0.8963 -4.811352704; 0.9074 -4.098269308;
0.9119 -3.66174277; 0.9228 -3.2644011
"""
CERTIFIED_COEFFICIENTS = [
    -2772.17959193342,
    -2316.37108160893,
    -1127.97394098372,
    -354.478233703349,
    -75.1242017393757,
    -10.8753180355343,
    -1.06221498588947,
    -0.0670191154593408,
    -0.00246781078275479,
    -0.0000402962525080404,
]
CERTIFIED_ERRORS = [
    559.779865474950,
    466.477572127796,
    227.204274477751,
    71.6478660875927,
    15.2897178747400,
    2.23691159816033,
    0.221624321934227,
    0.0142363763154724,
    0.000535617408889821,
    0.00000896632837373868,
]
CERTIFIED_SUM_OF_SQUARES = 0.000795851382172941


def one_level(n):
    return build_absorber([np.zeros(n, dtype=np.int64)])


@pytest.mark.parametrize("unit", [1.0, 1e-6])
def test_filip_has_the_certified_digits(unit):
    y, x = np.array([pair.split() for pair in FILIP.replace("\n", " ").split(";")], dtype=float).T
    fit = fit_least_squares(y, (x[:, None] * unit) ** np.arange(1, 11), one_level(82))
    scale = unit ** np.arange(1, 11)
    assert fit.collinear == ()
    np.testing.assert_allclose(fit.coefficients * scale, CERTIFIED_COEFFICIENTS, rtol=CERTIFIED)
    squares = fit.residuals @ fit.residuals
    assert squares == pytest.approx(CERTIFIED_SUM_OF_SQUARES, rel=CERTIFIED)
    errors = np.sqrt(np.diag(fit.bread) * squares / 71) * scale
    np.testing.assert_allclose(errors, CERTIFIED_ERRORS, rtol=CERTIFIED)


@pytest.mark.parametrize("apart", [1e-7, 3e-8, 1e-8, 3e-9])
def test_columns_on_the_brink_are_solved_and_what_only_rounding_tells_apart_is_named(apart):
    """Column 3 is a sum of others; column 4 differs from a combination of 0 and 1 by rounding alone."""
    a, u, v = np.random.default_rng(0).normal(size=(3, 200))
    fit = fit_least_squares(a + u / 3 + v, np.column_stack([a, a + apart * u, v, 2 * a + v, u]), one_level(200))
    assert fit.kept.tolist() == [0, 1, 2]
    assert [one.column for one in fit.collinear] == [3, 4]
    assert fit.collinear[1].columns == (0, 1)
    np.testing.assert_allclose(fit.coefficients * apart, [-1 / 3, 1 / 3, apart], atol=2 * apart)
    assert (np.diag(fit.bread) > 0).all()
    np.testing.assert_allclose(fit.residuals, 0, atol=1e-6)
