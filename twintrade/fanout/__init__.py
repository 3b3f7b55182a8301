"""Jobs over workers; a ledger is given from outside, no files of its own."""

from twintrade.fanout.jobs import Done, report_loop, run_jobs, split_succeeded
from twintrade.fanout.spread import (
    Arrays,
    Backend,
    Ledger,
    Progress,
    Step,
    Workers,
    count_cores,
    get_scope,
    limit_threads,
    spread,
    use_workers,
)

__all__ = [
    "Arrays",
    "Backend",
    "Done",
    "Ledger",
    "Progress",
    "Step",
    "Workers",
    "count_cores",
    "get_scope",
    "limit_threads",
    "report_loop",
    "run_jobs",
    "split_succeeded",
    "spread",
    "use_workers",
]
