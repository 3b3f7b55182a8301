"""The registry of twinnings, and whether it fits the trade table."""

from twintrade.data.registry.matching import Reconciliation as Reconciliation
from twintrade.data.registry.matching import RegistryFacts as RegistryFacts
from twintrade.data.registry.matching import add_city_size as add_city_size
from twintrade.data.registry.matching import compute_registry_facts as compute_registry_facts
from twintrade.data.registry.matching import reconcile as reconcile
from twintrade.data.registry.reading import USUAL_KIND as USUAL_KIND
from twintrade.data.registry.reading import Policy as Policy
from twintrade.data.registry.reading import PolicyDates as PolicyDates
from twintrade.data.registry.reading import TwinningRegistry as TwinningRegistry
from twintrade.data.registry.reading import UndatedAgreements as UndatedAgreements
from twintrade.data.registry.reading import is_ended_before as is_ended_before
from twintrade.data.registry.reading import read_policies as read_policies
from twintrade.data.registry.reading import read_twinnings as read_twinnings
from twintrade.data.registry.reading import read_undated as read_undated
