"""Whether we would believe it: checks that a referee would ask for."""
