# What results print of themselves at a prompt and in a notebook.

## the summary of a fit
summary-head = { $method }: { $outcome } in { $measure }; effects in { $scale }
summary-effects = { $n ->
    [0] No fixed effects
   *[other] Fixed effects: { $effects }
}{ $has_treatment ->
    [yes] ; compared with: { $comparison }
   *[no] { "" }
}
summary-sample = { $n_rows } rows; { $n } { units }, { $n_treated } treated; { $first }–{ $last }
summary-left-out = { $n ->
    [0] { $what }{ $has ->
        [yes] : { $names }
       *[no] { "" }
    }
   *[other] Left out: { $n } { $what }{ $has ->
        [yes] : { $names }
       *[no] { "" }
    }
}
no-errors = std.error and statistic of effects are empty: { $inference } gives { $given ->
    [p] p-values
    [interval] intervals
   *[both] p-values and intervals
} and no standard errors
covariate-errors = Covariates: { $note }
scale-level = effects are in units of { $outcome }; for percent { $has_family ->
    [yes] fit("{ $method }", design, family="poisson"), or compare(…, transform="log")
   *[no] compare(…, transform="log")
}
no-argument = { $verb } has no argument { $key }{ $hint }
no-option = { $verb }: { $name } has no option { $key }{ $hint }
option-of = ; it is an option of { $owners }
option-near = ; did you mean { $near }?
options-known = { $n ->
    [0] ; it has none
   *[other] ; known: { $known }
}
given-twice = { $verb }: { $key } is given twice, by its place and by its name
too-many = { $verb } takes { $places } by place; give what comes after by name: { $others }
none-by-place = { $verb } takes nothing by place; give it by name: { $others }
no-arguments = { $verb } takes no arguments
no-process = jobs = { PLAIN($jobs) } leaves no process to work; give a number from 1 on, or leave jobs out for one a core
not-whole = { $key } is a whole number, not { $value }
not-choice = { $key } is True or False, not { $value }
not-axes = { $key } is a pair of axes, as plt.subplots() makes them, not { $value }
lacking = { $verb } needs { $lacking }: { $line }
partners-matched = the panel has { $n ->
    [one] one partner of { $table }
   *[other] { $n } partners of { $table }
} under another name, counted as the same ({ $names }). To say so yourself
total = the { $end } { $name } { $how ->
    [sum] equals the sum of others in { $outcome }
   *[word] is by its name a sum of others
} and would count as one more unit. To leave it out
alike = { $name } and { $other } are perhaps one { $end } under two names, and count as two. If they are one
policy-columns = { $leveled ->
    [yes] { $name } has levels, which are not read yet: give each level a policy of its own
   *[no] the table of { $name } needs city, partner or both, and date
}
policies-no-mapping = policies is a mapping of a name to a table of dates, as policies=dict(office=offices)
agreements-repeated = { $n ->
    [one] { $n } agreement is
   *[other] { $n } agreements are
} listed twice (first: { $first }); the earliest date counts. To keep one of each
none-treated = no unit's treatment begins within the panel, { $first }–{ $last }: { $begun } are treated from its first period on and { $later } after its last. { $begun ->
    [0] Check the dates and the names of the agreements: panel.units shows the names
   *[other] Add earlier rows, or keep them with compare(..., always_treated="keep")
}

## the first look at a design
plot-line = { $kind ->
    [comparison] comparison
    [treated] treated
   *[cohort] treated from { $since }
} ({ $n })
plot-outcome = { $kind ->
    [ratio] Mean { $outcome } in { $measure }; before the first agreement = 100
   *[change] Mean { $outcome } in { $measure }, less that before the first agreement
}
plot-treated = Treated { $unit ->
    [pair] pairs
   *[city] cities
}
