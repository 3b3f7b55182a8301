# What the program says on the terminal and in the files it writes.
and-others = { $name } and others
