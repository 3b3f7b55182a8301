# How lists are joined where "and" does not join them.
comma = { ", " }
semicolon = { "; " }
between-sentences = { " " }
# What ends a sentence.
stop = .
