"""Cities and countries by their names."""

from twintrade.data.geography.city_sizes import CitiesSource as CitiesSource
from twintrade.data.geography.city_sizes import read_cities as read_cities
from twintrade.data.geography.countries import find_code as find_code
from twintrade.data.geography.countries import is_aggregate as is_aggregate
from twintrade.data.geography.countries import list_un_codes as list_un_codes
from twintrade.data.geography.countries import load_places as load_places
from twintrade.data.geography.countries import resolve as resolve
from twintrade.data.geography.near_names import list_near_names as list_near_names
from twintrade.data.geography.scripts import has_other_letters as has_other_letters
