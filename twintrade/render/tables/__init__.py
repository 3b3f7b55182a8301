"""Tables as blocks: the ladder, the event study, and the tables of the data, the register and the run."""
