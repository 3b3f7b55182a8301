"""An analysis fixed before its outcomes are looked at, and what later runs changed of it."""

from twintrade.study.registering.deviations import read_registration as read_registration
