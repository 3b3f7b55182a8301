"""A deposit that others can check: the bundle, and the source of each printed number."""

from twintrade.study.deposit.bundle import build_bundle as build_bundle
from twintrade.study.deposit.bundle import render_replication_readme as render_replication_readme
from twintrade.study.deposit.tracing import trace_number as trace_number
