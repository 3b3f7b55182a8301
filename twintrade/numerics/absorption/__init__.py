"""Fixed effects as integer codes, and their projection out of columns."""

from twintrade.numerics.absorption.absorb import Absorber as Absorber
from twintrade.numerics.absorption.absorb import build_absorber as build_absorber
from twintrade.numerics.absorption.absorb import find_singletons as find_singletons
from twintrade.numerics.absorption.absorb import is_nested as is_nested
from twintrade.numerics.absorption.absorb import label_components as label_components
from twintrade.numerics.absorption.annihilators import Annihilator as Annihilator
from twintrade.numerics.absorption.annihilators import build_annihilator as build_annihilator
from twintrade.numerics.absorption.annihilators import factor_order as factor_order
from twintrade.numerics.absorption.dummy_sets import DummySets as DummySets
from twintrade.numerics.absorption.elimination_order import EliminationOrder as EliminationOrder
from twintrade.numerics.absorption.elimination_order import lay_out_elimination as lay_out_elimination
from twintrade.numerics.absorption.identified_columns import solve_normal_equations as solve_normal_equations
from twintrade.numerics.absorption.level_forms import LevelForms as LevelForms
from twintrade.numerics.absorption.level_forms import compute_level_forms as compute_level_forms
from twintrade.numerics.absorption.loading_sums import LoadingSquares as LoadingSquares
from twintrade.numerics.absorption.loading_sums import LoadingSums as LoadingSums
from twintrade.numerics.absorption.loading_sums import compute_loading_squares as compute_loading_squares
from twintrade.numerics.absorption.loading_sums import sum_by_loading as sum_by_loading
from twintrade.numerics.absorption.loadings import Loadings as Loadings
from twintrade.numerics.absorption.remaining_rows import Remaining as Remaining
from twintrade.numerics.absorption.remaining_rows import prepare_remaining as prepare_remaining
from twintrade.numerics.absorption.set_levels import Nested as Nested
from twintrade.numerics.absorption.set_levels import build_nested as build_nested
from twintrade.numerics.absorption.unit_trends import remove_trends as remove_trends
from twintrade.numerics.absorption.written_out import WrittenOut as WrittenOut
from twintrade.numerics.absorption.written_out import write_out_complete as write_out_complete
