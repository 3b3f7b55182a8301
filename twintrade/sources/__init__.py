"""Publishers' interfaces: what is asked of each, how its answers are read, and what its data card says."""
