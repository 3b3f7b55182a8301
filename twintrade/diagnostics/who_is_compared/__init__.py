"""Checks of who is compared with whom, and with which weights."""

from twintrade.diagnostics.who_is_compared.balance import format_dated_event as format_dated_event
