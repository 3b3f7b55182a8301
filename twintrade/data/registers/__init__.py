"""Lists of agreements compared: merged, checked, and used to estimate how many agreements none of them has."""

from twintrade.data.registers.listing import MERGED_COLUMNS as MERGED_COLUMNS
from twintrade.data.registers.listing import Coverage as Coverage
from twintrade.data.registers.listing import check_listing as check_listing
from twintrade.data.registers.listing import compare_listings as compare_listings
from twintrade.data.registers.listing import estimate_coverage as estimate_coverage
from twintrade.data.registers.listing import estimate_hidden_share as estimate_hidden_share
from twintrade.data.registers.listing import merge_listings as merge_listings
from twintrade.data.registers.listing import read_listing as read_listing
