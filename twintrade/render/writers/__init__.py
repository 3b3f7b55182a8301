"""One writer a format: blocks in, bytes out; no writer opens a file to write."""
