"""Methods on means of cohorts: how rows are summed, which comparisons are made of them."""
