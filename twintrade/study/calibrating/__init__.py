"""The rule for verdicts on placebo registers of an analysis's own pairs."""

from twintrade.study.calibrating.laboratory import write_calibration as write_calibration
