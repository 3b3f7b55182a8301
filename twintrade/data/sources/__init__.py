"""The origin of a figure, its possible faults, and the limits of reading."""

from twintrade.data.sources.faults import AbsentInputError as AbsentInputError
from twintrade.data.sources.faults import Faults as Faults
from twintrade.data.sources.faults import InvalidDataError as InvalidDataError
from twintrade.data.sources.faults import describe as describe
from twintrade.data.sources.faults import fold_name as fold_name
from twintrade.data.sources.faults import quote_cell as quote_cell
from twintrade.data.sources.provenance import InputRecord as InputRecord
from twintrade.data.sources.provenance import hold_collection as hold_collection
from twintrade.data.sources.provenance import list_files as list_files
from twintrade.data.sources.provenance import locate as locate
