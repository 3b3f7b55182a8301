"""Holds garbage collection back while tables are read."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hold_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: every row of a table is a list, and all would be visited again and again."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()
