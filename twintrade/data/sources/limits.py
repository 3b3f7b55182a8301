"""Every bound on what the readers accept, in one place, each with the reason for its size."""

import datetime

MAX_MESSAGES = 200  # faults listed from one reading; the total is always given
MAX_QUOTED_CHARACTERS = 80  # characters of a cell that a message repeats
MAX_INPUT_BYTES = 4 * 1024**3  # bytes of one input file; larger files belong to the microdata readers
MAX_EXPANDED_BYTES = 4 * 1024**3  # bytes that a compressed input may become
MAX_EXPANSION_RATIO = 400  # bytes out for one in; statistical tables compress 5 to 40 fold, bombs a thousand fold
MIN_RATIO_BYTES = 16 * 1024**2  # expanded size up to which the ratio may be any: small tables of zeros compress well
MAX_ARCHIVE_MEMBERS = 2_000  # parts of a zip container; a workbook has a few dozen
MAX_SHEET_CELLS = 20_000_000  # of a sheet's used range; a stray cell in XFD1048576 makes it 17 thousand million
MAX_READING_SECONDS = 20 * 60  # from a file's first byte to columns of text; what the other bounds allow takes a few
MAX_FIELD_CHARACTERS = 100_000  # one field of a delimited file; a longer one is an unclosed quote
MAX_NAME_CHARACTERS = 200  # characters of a city's name; a longer one is a sentence in the wrong column
MAX_DATE_CHARACTERS = 60  # of a period or a date; what reads them takes time that grows with the square of the length
MAX_VALUE = 1e18  # money in one cell, in single currency units; world trade is about 3e13 dollars a year
FIRST_YEAR = 1800
LAST_YEAR = 2100  # years that a period or a twinning can have
YEARS_BEYOND_SAMPLE = 10  # a twinning dated so many years after the sample is probably a slip, and is warned about
CLOCK_FLOOR = datetime.date(2026, 1, 1)  # a clock before this day is wrong: agreements up to here are never refused
MAX_LISTED_PER_COLUMN = 20  # faults of one kind and column that the data report prints; messages.csv has them all
