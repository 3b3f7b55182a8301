# What stands below a column of estimates.
static = The first row is the coefficient of one treatment dummy on the same rows.
less-leads = The first row is the average of the path less the average lead, both weighted by treated rows, each event time by itself.
log-average = { $by ->
    [units] More than 5 % of the treated rows that can be imputed are zero ({ $zero } of { $of }): the effect after the agreement is the average over { $n } treated { units } of the log of summed outcomes over summed imputed outcomes
   *[rows] The effect after the agreement is the row average of log ratios over { $n } of { $of } treated rows that can be imputed, each counting alike
}{ $without ->
    [0] { "" }
   *[other] ; { $without } { $by ->
        [units] rows of { units } without any trade are left out
       *[rows] without trade have no logarithm and are left out
    }
}.
base-universal = Effects before onset are differences from event time { $reference }, which is zero by construction.
base-varying = Effects before onset are changes from one period to the next; effects after it are differences from the last period before onset.
base-imputation-leads = Effects before onset come from a regression on untreated rows alone; they test the comparison and share no reference with the effects after onset.
base-first-stage-residuals = Effects before onset are average residuals of the model of untreated rows: small by construction where it is fitted on them, and no test of the comparison.
pinned = { $n ->
    [one] Event time { $times } counts
   *[other] Event times { $times } count
} as zero as well{ $is_open ->
    [yes] : the fixed effects and the other event times leave it open, and another choice changes every effect
   *[no] { "" }
}.
not-estimated = { $label } was not estimated: { $reason }
says-nothing = { $label }: { $inference } says nothing about it, because { $reason }
nothing-estimated = nothing was estimated
none-estimated = nothing can be estimated: { $reasons }
