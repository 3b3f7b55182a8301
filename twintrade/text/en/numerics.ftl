# What linear algebra says of columns.
fixed-effects = the fixed effects
