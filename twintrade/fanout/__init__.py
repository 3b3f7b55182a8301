"""Jobs over workers; a ledger is given from outside, no files of its own."""
