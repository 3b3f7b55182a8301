"""Which inference a design can bear."""

from twintrade.inference.choosing.studied import is_size_studied as is_size_studied
