"""Jobs over workers; a ledger is given from outside, no files of its own."""

from twintrade.fanout.jobs import Done, run_jobs, succeeded
from twintrade.fanout.spread import spread
from twintrade.fanout.workers import Arrays, Backend, Ledger, Workers, current, using

__all__ = ["Arrays", "Backend", "Done", "Ledger", "Workers", "current", "run_jobs", "spread", "succeeded", "using"]
