"""Jobs over workers; a ledger is given from outside, no files of its own."""

from twintrade.fanout.jobs import Done as Done
from twintrade.fanout.jobs import report_loop as report_loop
from twintrade.fanout.jobs import run_jobs as run_jobs
from twintrade.fanout.jobs import split_succeeded as split_succeeded
from twintrade.fanout.spread import Arrays as Arrays
from twintrade.fanout.spread import Progress as Progress
from twintrade.fanout.spread import Step as Step
from twintrade.fanout.spread import Workers as Workers
from twintrade.fanout.spread import count_cores as count_cores
from twintrade.fanout.spread import get_scope as get_scope
from twintrade.fanout.spread import limit_threads as limit_threads
from twintrade.fanout.spread import spread as spread
from twintrade.fanout.spread import use_workers as use_workers
