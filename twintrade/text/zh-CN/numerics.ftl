# What linear algebra says of columns.
fixed-effects = 固定效应
