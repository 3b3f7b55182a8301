"""One writer a format: blocks in, bytes out; no writer opens a file to write."""

from twintrade.render.writers.xlsx import pack_zip as pack_zip
