"""Fixed effects as integer codes, and their projection out of columns."""

from twintrade.numerics.absorption.absorb import Absorber as Absorber
from twintrade.numerics.absorption.absorb import absorber as absorber
from twintrade.numerics.absorption.absorb import connected_components as connected_components
from twintrade.numerics.absorption.absorb import is_nested as is_nested
from twintrade.numerics.absorption.absorb import singletons as singletons
from twintrade.numerics.absorption.annihilators import Annihilator as Annihilator
from twintrade.numerics.absorption.annihilators import annihilator as annihilator
from twintrade.numerics.absorption.annihilators import solved as solved
from twintrade.numerics.absorption.reaching_effects import Reaching as Reaching
from twintrade.numerics.absorption.reaching_effects import reaching as reaching
from twintrade.numerics.absorption.unit_trends import without_trends as without_trends
