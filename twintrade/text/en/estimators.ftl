# What a page says of each method: what it averages, under which assumption.

## clauses of the sentences below; $given counts the covariates, $weighted says whether rows have sampling weights
given = { $given ->
    [0] { "" }
   *[other] , given { $covariates }
}
same-covariates = { $given ->
    [0] { "" }
   *[other] { " " }with the same { $covariates }
}
weighing = { $weighted ->
    [yes] weighing its { $weights }
   *[no] weighing the same
}
weights-of = { $weighted ->
    [yes] the { $weights } of{ " " }
   *[no] { "" }
}
counts-rows = { $weighted ->
    [yes] { " " }Each row counts its { $weights } times.
   *[no] { "" }
}
both-weighted = { $weighted ->
    [yes] , both sums weighted by { $weights }
   *[no] { "" }
}
cohort-weights = { $weighted ->
    [yes] the { $weights } of each cohort
   *[no] cohort size
}
less-before = , less the same average before onset. Its path is the first average alone, against the reference.
beside-static = { $shape ->
    [static] { "" }
   *[other] { " " }Its path averages the effects by event time from onset on against the reference, each weighted by { weights-of }its treated rows.
}

## one treated flow and its donors
augmented-synthetic-control-assumes = Weights that reproduce the treated flow before the agreement, corrected by a ridge regression of later on earlier outcomes, would have reproduced it afterwards as well, had there been no agreement, and the agreement did not affect { $compared }.
augmented-synthetic-control-averages = The mean gap between the treated flow and its augmented synthetic control after the onset.
double-ratio-assumes = Without the agreement, the flow's share in its city's trade and in its destination's trade would have stayed where it was on average before, judged by { $compared }.
double-ratio-averages = The mean log double ratio after the onset less its mean before, every period weighing the same.
elastic-net-assumes = The shrunken linear relation between the treated flow and its donors before the agreement would have held afterwards as well, had there been no agreement, and none of { $compared } was touched by it.
elastic-net-averages = The mean gap between the treated flow and its elastic-net prediction after the onset.
interrupted-series-assumes = Descriptive, no comparison: the flow's own trend before the agreement would have gone on unchanged, and nothing else happened to it at that date.
interrupted-series-averages = The mean distance after the onset between the fitted path and the trend before, carried forward.
partially-pooled-assumes = Weights that reproduce the treated flows' movements before their agreements, one by one and on average, would have reproduced them afterwards as well, and the agreements did not affect { $compared }.
partially-pooled-averages = The mean gap over all treated { units } and periods after their onsets, every cell weighing the same.
structural-series-assumes = The flow's level, trend and relation to its donors before the agreement would have gone on as the structural model describes them, and the agreement did not affect { $compared }.
structural-series-averages = The mean gap after the onset between the treated flow and its forecast without the agreement.
synthetic-control-assumes = The weights that reproduce the treated flow before the agreement would have reproduced it afterwards as well, had there been no agreement, and the agreement did not affect { $compared }.
synthetic-control-averages = The mean gap between the treated flow and its synthetic control after the onset.
synthetic-did-assumes = Without the agreement the treated flows would have kept their distance to the weighted average of { $compared }, measured over the weighted periods before.
synthetic-did-averages = The average effect over treated cells, every treated { unit } and period after its onset weighing the same.

## differences of means
callaway-santanna-assumes = Without the agreement, outcomes of treated { units } would have moved like those of { $compared }{ same-covariates }, cohort by cohort and period by period.
callaway-santanna-averages = Average effect on the treated over cohort-period cells from onset on, each against the last period before onset less anticipation, weighted by { cohort-weights }.
switching-assumes = Without the change, outcomes of { units } whose treatment changes would have moved like those of { units } with the same treatment at the start that have not changed yet{ $given ->
    [0] { "" }
   *[other] , given how { $covariates } moved
}.
switching-averages = Sum of the effects over { $n ->
    [0] all periods
    [one] the first period
   *[other] the first { $n } periods
} since the change, each against the last period before it, divided by the sum of the changes of dose: effect of one more unit of dose for one period, at any lag.{ counts-rows }
local-projections-lags = { $n ->
    [one] { $n } lagged change of the outcome
   *[other] { $n } lagged changes of the outcome
}
local-projections-assumes = Without the agreement, outcomes of newly treated { units } would have moved like those of { $compared }{ $given ->
    [0] { "" }
   *[other] { " " }with the same { $covariates } before
}, and nothing moved in anticipation.
local-projections-before = { $base ->
    [last] last period
   *[mean] mean of the periods
}
local-projections-cohorts = { $weighting ->
    [equal] equally
   *[other] by n·p·(1 − p), p the treated share among a period's rows
}
local-projections-pooled = Effect on the outcome averaged over the horizons 0 to { $pooled } against the { local-projections-before } before onset, cohorts weighted { local-projections-cohorts }.
local-projections-averages = Average of the effects by event time from onset on{ $base ->
    [mean] { " " }against the { local-projections-before } before it
   *[last] { "" }
}, weighted by { weights-of }treated rows, within an event time cohorts weighted { local-projections-cohorts }{ $base ->
    [mean] { "." }
   *[last] , less the same average before onset. Its path is the first average alone, against the { local-projections-before } before it.
}
stacked-assumes = Without the agreement, outcomes of each cohort would have moved like those of { units } that stay without an agreement through the whole span around its onset{ same-covariates }.
stacked-averages = Average of the effects at event times 0 to { $high }, of stacks from { PLAIN($low) } to { $high }, over cohorts observed { $trimmed ->
    [yes] over the whole span
   *[no] at that event time
}, weighted by { $by ->
    [variance] treated times comparison { weights-of }{ units } over their sum
   *[other] { weights-of }treated { units }
}{ less-before }
staggered-assumes = Which { unit } is treated when is as good as random, so that cohorts differ before their agreements by chance alone; the comparison is with { $compared }.
staggered-averages = Average effect on the treated { $headline ->
    [cohort] over periods within cohort, then over cohorts by size
    [calendar] over cohorts within period by size, then over periods
   *[simple] over cohort-period cells from onset on, weighted by cohort size
}.
triple-difference-assumes = Without the agreement, the gap between affected and unaffected flows of treated { units } would have moved like that of { $compared }{ same-covariates }, and the agreement does not change unaffected flows.
triple-difference-averages = Average effect on affected flows over cohort-period cells from onset on, weighted by { weights-of }affected { units }.

## models of rows
etwfe-assumes = Without the agreement, { $family ->
    [poisson] expected outcomes would have grown in proportion
   *[other] outcomes would have moved in parallel
} within { $effects } effects{ given }, treated { units } being compared with { $compared }.
etwfe-averages = Average of the effects by cohort and period from onset on{ $moderated ->
    [yes] , at { $moderator } = { COMPACT($at) }
   *[no] { "" }
}, each treated row { weighing }{ $less ->
    [yes] { less-before }
   *[no] { "." }
}
etwfe-percent = Percent change of the treated { units }' total: the sum of their outcomes over the sum of what the cells' coefficients say they would have been, less one, over all treated rows{ both-weighted }{ $less ->
    [yes] { less-before }
   *[no] { "." }
}
imputation-assumes = Without the agreement, { $family ->
    [poisson] expected outcomes would have been proportional to
   *[other] outcomes would have followed
} { $effects } effects{ $given ->
    [0] { "" }
   *[other] { " " }and { $covariates }
} as fitted on every row without an agreement or before it, and nothing moved in anticipation{ $early ->
    [0] { "" }
    [one] { " " }more than { $early } period ahead
   *[other] { " " }more than { $early } periods ahead
}.
imputation-averages = Average of { $ratio ->
    [yes] log of y over ŷ(0), summed within cohort and event time
   *[no] y − ŷ(0)
}, over all treated rows that can be imputed, each row { weighing }.
imputation-percent = Percent change of the treated { units }' total: the sum of their outcomes over the sum of ŷ(0), less one, over all treated rows that can be imputed{ both-weighted }.
interactive-effects-assumes = Without the agreement, outcomes would have followed { unit } and period effects and a few common shocks, each of its own force in every { unit }, as untreated rows show them{ given }.
interactive-effects-averages = Average effect over all treated rows that the factors identify, each row weighing the same.
matrix-completion-assumes = Without the agreement, outcomes would have followed { unit } and period effects and a smooth pattern that { units } and periods share, as untreated rows show it{ given }.
matrix-completion-averages = Average effect over all treated rows, each row weighing the same.
ppml-assumes = Without the agreement, expected outcomes of treated and other { units } would have grown in proportion within { $effects } effects{ given }, and the proportional effect is the same for every cohort.
sun-abraham-assumes = Without the agreement, outcomes of every cohort and of { units } never treated would have { $family ->
    [poisson] grown in proportion
   *[other] moved in parallel
}{ given }.
sun-abraham-averages = Average of the effects by cohort and event time from onset on, weighted by { weights-of }treated rows{ less-before }
twfe-assumes = Without the agreement, outcomes of treated and other { units } would have moved in parallel within { $effects } effects{ $trends ->
    [yes] { " " }around straight lines of their own
   *[no] { "" }
}{ given }, and the effect at an event time is the same for every cohort.
two-stage-assumes = Without the agreement, outcomes would have followed the { $effects } effects{ $given ->
    [0] { "" }
   *[other] { " " }and the same { $covariates }
} that untreated rows show.
two-stage-averages = Average effect over all treated rows, each row { weighing }.
ppml-averages = { $measure ->
    [difference] Mean difference of treated outcomes from what they would be without one proportional effect after onset.
   *[log] One proportional effect after onset against all periods before, in log points; in percent 100(exp(β) − 1).
}{ counts-rows }{ beside-static }
twfe-averages = One effect after onset against all periods before: a variance-weighted average of effects, in which weights may be negative.{ counts-rows }{ beside-static }

## rows and units left out, after their number
all-treated = levels of { $effect } of which every row is treated: no untreated row stands beside these, and what they say of the effect rests on its being the same elsewhere

## why a method cannot run, after its name or "not estimated:"
cannot-run = { $method } cannot run on this design: { $lacking }
needs-never-treated = every { unit } is treated in the end, and it needs { units } that never are
needs-one-onset = it needs one onset and there are { $n }
needs-one-treated = it needs exactly one treated { unit } and there are { $n }
needs-balance = it needs a balanced panel: { $n ->
    [one] one period of a { unit } is missing
   *[other] { $n } periods of { units } are missing
}
negative-outcomes = { $n ->
    [one] { $n } outcome is negative
   *[other] { $n } outcomes are negative
}
needs-transform = it takes the outcome in { $taken }, not in { $transform }
needs-effects = it absorbs { $accepted } effects, not { $effects }
needs-absorbing = it needs a treatment that never ends
takes-no-covariates = it takes no covariates; leave { $covariates } out
takes-no-weights = it takes no weights; leave { $weights } out
needs-rows = it needs the { units }' own rows, and the design holds cohort statistics
needs-dyads = it needs pairs of city and partner
few-periods = { $method } needs { $fewest } periods before the onset and { $unit_name } has { $n }: weights fitted on so few say nothing; show the raw paths instead
short-series = an interrupted series needs { $min_before } periods before and { $min_after } after the onset; { $unit_name } has { $n_before } and { $n_after }: show the raw path instead

## what is not identified
no-treatment = the treatment is not identified: { $why }. Use coarser fixed effects or add comparison { units }
no-reference-row = no row at event time { EVENTTIME($reference) }, the reference, is left in the fit; choose another reference
no-cell = no cohort-period cell is identified; of the treatment as a whole: { $why }
no-cell-from-onset = no cohort-period cell from onset on is identified: { $why }
no-treated-row = no treated row is left in the fit
every-row-treated = every row is treated
absorbed-by-one = it does not vary within the levels of the { $effect } effect, which absorbs it
absorbed-together = the effects { $effects } together absorb it
margins = a double ratio needs donors on both margins and off them; there are { $city } of the same city, { $partner } of the same partner and { $neither } of neither
