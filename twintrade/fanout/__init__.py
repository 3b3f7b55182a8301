"""Jobs over workers; a ledger is given from outside, no files of its own."""

from twintrade.fanout.jobs import Arrays as Arrays
from twintrade.fanout.jobs import Done as Done
from twintrade.fanout.jobs import Progress as Progress
from twintrade.fanout.jobs import Step as Step
from twintrade.fanout.jobs import Workers as Workers
from twintrade.fanout.jobs import count_cores as count_cores
from twintrade.fanout.jobs import get_scope as get_scope
from twintrade.fanout.jobs import limit_threads as limit_threads
from twintrade.fanout.jobs import report_loop as report_loop
from twintrade.fanout.jobs import run_jobs as run_jobs
from twintrade.fanout.jobs import split_succeeded as split_succeeded
from twintrade.fanout.jobs import spread as spread
from twintrade.fanout.jobs import use_workers as use_workers
