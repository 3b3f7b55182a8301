"""Guesses about an undeclared file, for a user to confirm."""

from twintrade.data.looks.column_look import look_for_layout as look_for_layout
from twintrade.data.looks.file_look import Guess as Guess
from twintrade.data.looks.file_look import find_period_step as find_period_step
from twintrade.data.looks.file_look import look_at_file as look_at_file
from twintrade.data.looks.file_look import read_back_agreements as read_back_agreements
from twintrade.data.looks.file_look import read_back_trade as read_back_trade
from twintrade.data.looks.twinning_look import list_rivals as list_rivals
from twintrade.data.looks.twinning_look import look_at_both as look_at_both
from twintrade.data.looks.twinning_look import look_at_twinnings_beside as look_at_twinnings_beside
