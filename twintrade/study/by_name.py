"""Methods made from their names, and the random generator of each, for who types them in Python."""

from twintrade.study.run.seeds import build_generator as build_generator
from twintrade.study.spec.methods import build_method as build_method
