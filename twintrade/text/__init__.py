"""What a reader sees: keys with named values, the catalogue of each language, and how numbers are written."""

from twintrade.text.catalogue import Catalogue, find_catalogue, use_catalogue
from twintrade.text.texts import Listed, Text, Value, Words, pack_text, read_text

__all__ = [
    "Catalogue",
    "Listed",
    "Text",
    "Value",
    "Words",
    "find_catalogue",
    "pack_text",
    "read_text",
    "use_catalogue",
]
