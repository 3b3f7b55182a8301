"""What a reader sees: keys with named values, the catalogue of each language, and how numbers are written."""

from twintrade.text.catalogue import Catalogue, find_catalogue, use_catalogue
from twintrade.text.templates import Template, read_template
from twintrade.text.texts import (
    Listed,
    Text,
    Value,
    Words,
    can_say,
    describe_span,
    find_fact,
    list_some,
    name_fact,
    pack_text,
    parse_text,
    write_pattern,
)

__all__ = [
    "Catalogue",
    "Listed",
    "Template",
    "Text",
    "Value",
    "Words",
    "can_say",
    "describe_span",
    "find_catalogue",
    "find_fact",
    "list_some",
    "name_fact",
    "pack_text",
    "parse_text",
    "read_template",
    "use_catalogue",
    "write_pattern",
]
