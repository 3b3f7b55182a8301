"""One writer a format: blocks in, bytes out; no writer opens a file to write."""

from twintrade.render.writers.cells import escape_formula as escape_formula
from twintrade.render.writers.cells import is_number as is_number
from twintrade.render.writers.xlsx import pack_zip as pack_zip
