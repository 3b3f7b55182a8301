"""The exhibits of the appendix: one file each, a function from the page to its blocks or to why it is absent."""
