"""One method, one file, one paper."""
