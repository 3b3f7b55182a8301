"""Cities and countries by their names."""

from twintrade.data.geography.city_sizes import CitiesSource as CitiesSource
from twintrade.data.geography.city_sizes import read_cities as read_cities
from twintrade.data.geography.countries import find_code as find_code
from twintrade.data.geography.countries import is_aggregate as is_aggregate
from twintrade.data.geography.countries import list_un_codes as list_un_codes
from twintrade.data.geography.countries import load_places as load_places
from twintrade.data.geography.countries import resolve as resolve
from twintrade.data.geography.gazetteer import ATTRIBUTION as ATTRIBUTION
from twintrade.data.geography.gazetteer import ListedPlace as ListedPlace
from twintrade.data.geography.gazetteer import compute_distance as compute_distance
from twintrade.data.geography.gazetteer import find_listed_place as find_listed_place
from twintrade.data.geography.gazetteer import load_listed_places as load_listed_places
from twintrade.data.geography.near_names import list_near_names as list_near_names
from twintrade.data.geography.scripts import has_other_letters as has_other_letters
