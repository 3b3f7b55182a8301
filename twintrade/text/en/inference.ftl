# What an inference says of itself.

## randomization
scheme = { $across ->
    [labels] the labels of cities and of partners permuted at once, so that agreements cluster as they do
    [strata] onsets re-assigned within strata of units
    [cities] onsets re-assigned across cities, the agreements of one city kept together
    [partners] onsets re-assigned across partners, the agreements of one partner kept together
    [dates] the dates of the treated units exchanged among them, who is treated kept
   *[units] onsets re-assigned across all units
} ({ $n_treated } of { $n_units } units treated, { $counted ->
    [exactly] { "" }
    [about] about{ " " }
   *[at-least] at least{ " " }
}{ QUANTITY($assignments) } admissible assignments)
randomization = Randomization: { $scheme }, { $is_complete ->
    [yes] all { $draws } others
   *[no] { $draws } draws, seed { PLAIN($seed) }
}; p-values are about the effect of { $about ->
    [these] these agreements
   *[like-these] agreements like these
} and compare { $statistic ->
    [coefficient] effects
    [t] effects over their clustered errors
   *[score] one-step estimates from the model without treatment
}{ $noise ->
    [known] { " over the error that noise by size gives them (small units are " }{ FIXED($ratio, decimals: 1) } times as noisy as large ones, { P($p) })
    [unknown] { " over the error that noise gives them" }
   *[equal] { "" }
}; smallest attainable p { COMPACT($floor, digits: 2) }{ $intervals ->
    [yes] ; intervals collect the constant effects that the test of the effect does not reject
   *[no] { "" }
}
randomization-refused = Randomization: { $scheme }; no p-value could be below { COMPACT($floor, digits: 2) }, so none is given
too-few-assignments = there are only { $n } admissible assignments: no p-value could be below { COMPACT($floor, digits: 2) }, so none is given
