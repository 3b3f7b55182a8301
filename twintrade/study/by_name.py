"""Methods made from their names, and the random generator of each, for who types them in Python."""

from twintrade.study.run.columns import build_generator as build_generator
from twintrade.study.spec.spec_faults import build_method as build_method
