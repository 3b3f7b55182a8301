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
less-cohort-before = , less each cohort's own average before onset. Its path is the first average alone, against the reference.
beside-static = { $shape ->
    [static] { "" }
   *[other] { " " }Its path averages the effects by event time from onset on against the reference, each weighted by { weights-of }its treated rows.
}

## one treated flow and its donors
augmented-synthetic-control-assumes = Weights that reproduce the treated flow before the agreement, corrected by a ridge regression of later on earlier outcomes, would have reproduced it afterwards as well, had there been no agreement, and the agreement did not affect { $compared }.
augmented-synthetic-control-averages = The mean gap between the treated flow and its augmented synthetic control after the onset.
double-ratio-assumes = Without the agreement, the flow's share in the trade of its place of origin and in that of its destination would have stayed where it was on average before, judged by { $compared }.
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
    [yes] { less-cohort-before }
   *[no] { "." }
}
etwfe-percent = Percent change of the treated { units }' total: the sum of their outcomes over the sum of what the cells' coefficients say they would have been, less one, over all treated rows{ both-weighted }{ $less ->
    [yes] { less-cohort-before }
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
    [yes] ln(y / ŷ(0))
   *[no] y − ŷ(0)
}, over all treated rows that can be imputed, each row { weighing }{ $ratio ->
    [yes] . Rows of zero have no logarithm and are left out; if more than 5 % of the rows are zero, treated { units } are averaged instead, each by ln(Σy / Σŷ(0)). Effects by event time, cohort and year are cell averages: of ln(Σy / Σŷ(0)) within cohort and event time, by number of rows.
   *[no] .
}
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
sun-abraham-averages = Average of the effects by cohort and event time from onset on, weighted by { weights-of }treated rows{ less-cohort-before }
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

averages-dose = One coefficient per unit of the treatment's own column.
averages-covariates = Coefficients of the covariates; no treatment is estimated.

## equations
callaway-santanna-equation = ATT(g,t) = E[Y_t − Y_b | cohort g] − E[Y_t − Y_b | comparison], b the base period
double-ratio-equation = dₜ = ln Xcjt − ln Xc·t − ln X·jt + ln X··t, sums leave the treated dyad out
etwfe-terms = Σ_g Σ_t δ_gt·1[cohort g, period t ≥ g] + { $effects }
etwfe-equation = { $family ->
    [poisson] E[y] = exp({ etwfe-terms })
   *[other] y = { etwfe-terms } + ε
}
imputation-equation = τ = { $effect }, with { $model } fitted on untreated rows
less-bias = { $equation }, β̂ less its bias
local-projections-equation = y_i,t+h − { $base ->
    [last] y_i,t−1
   *[mean] mean of y_i up to t−1
} = β_h·ΔD_it + λ_t + γ′x + ε, on newly treated and clean rows
matrix-completion-equation = τ = y − ŷ(0), with y(0) = α_i + λ_t + L_it + γ′x + ε on untreated rows, ½Σε² + λ·‖L‖_* smallest
partially-pooled-equation = min ν·|mean imbalance|² + (1 − ν)·mean |imbalance|²,{ "  " }wᵢⱼ ≥ 0, Σⱼ wᵢⱼ = 1
stacked-equation = y_its = Σ_e δ_e·1[treated in stack s]·1[t − g_s = e] + α_is + λ_ts + ε
staggered-equation = θ(β) = Σ_gt a_gt·(Ȳ_gt − Ȳ_comparison,t) − β·Σ_gt a_gt·(Ȳ_g,b − Ȳ_comparison,b), b the base period
sun-abraham-terms = Σ_g Σ_e δ_ge·1[cohort g]·1[t − g = e] + { $effects }
sun-abraham-equation = { $family ->
    [poisson] E[y] = exp({ sun-abraham-terms })
   *[other] y = { sun-abraham-terms } + ε
}
switching-equation = δ_l = mean over switchers of (Y_{ "{" }F−1+l{ "}" } − Y_{ "{" }F−1{ "}" }) − mean of the same change among the not yet switched
triple-difference-equation = ATT(g,t) = mean over comparison cohorts c of [ΔY_g,1 − ΔY_g,0] − [ΔY_c,1 − ΔY_c,0], Δ since the base
two-stage-equation = y − ({ $effects }), fitted on untreated rows, = Σ_e β_e·1[t − g = e] + ε

## what an effect, a cell or a term of a regression is called
effect-after-onset = after onset
effect-average-cells = average over treated cells
effect-average-cohorts = average over cohorts
effect-average-log = { $by ->
    [units] average over treated units of the log of summed outcomes over summed imputed outcomes
   *[rows] average over treated rows of log ratios
}
effect-average-periods = average over periods
effect-average-times = average over event times
effect-cell = { $cohort ->
    [all] all cohorts
   *[other] cohort { $cohort }
}, event time { $time }
effect-cell-period = cohort { $cohort } in period { $period }
effect-cohort = cohort { $cohort }
effect-event-time = event time { $time }
effect-less-before = average after onset less average before
effect-path = average of the path
effect-per-dose = effect per unit of dose
effect-pooled = pooled over horizons
cohort-and-period = cohort and period
first-dose = first dose { $dose }
effects-and = the fixed effects{ $n ->
    [0] { "" }
   *[other] { " " }and { $rest }
}
lag = lag { PLAIN($n) }
lead = lead { $time }
stack = stack of cohort { $cohort }
the-agreement = the agreement

## an estimate as a notebook prints it
fit = Fit: { $method }, { $effects }{ $is_named ->
    [yes] { " " }effects
   *[no] { "" }
}; { $n } units ({ $n_treated } treated), { $first }–{ $last }{ $has_overall ->
    [yes] ; overall { $overall }
   *[no] { "" }
}
no-effects = no effects
effects-by = { $n } effects by { $kind }, { $low } to { $high } { $scale }
also-zero = { $study }; zero as well: { $pinned }
one-band = { $level } interval { $low } to { $high }, p { $p }

## why effects have no influence
no-influence = the method has no influence function
no-leads-on-base = two event times before the agreement are needed that other years before it can predict
no-log-path = an event time has no positive outcome, so that its log ratio does not exist
no-log-ratio = no treated row has a positive outcome: no log ratio exists
one-unit = one treated unit has no sampling distribution of its own
factors-together = factors and loadings are estimated together; resample, or permute onsets
few-cases-weights = weights are chosen from the data of a few cases; leave out cases or use placebos
weights-chosen = unit and period weights are chosen from the data; use placebo, bootstrap or jackknife

## rows and units left out, after their number
after-last-onset = rows from the last cohort's onset on: no unit is untreated then, and this cohort is the comparison
all-zero-level = rows of a { $effect } whose outcomes are all zero: they say nothing about proportions
cells-determined = cohort-period cells that the fixed effects determine: no effect is given for them
changes-determined = changes of covariate { $name } are determined by { $by } ({ $dose })
cohorts-in-none = cohorts in no effect from onset on: base not observed, or no clean comparison rows
cohorts-without-span = cohorts not observed over the span, or by no unit at the reference and elsewhere
cohorts-without-untreated = cohorts without a unit untreated through their span
covariate-determined = covariate { $name } is determined by { $by } among untreated rows
covariates-silent = covariates that fixed effects and cohort-period cells determine: they change nothing
covariates-given-up = covariates of which cohort-period cells determine a part: that part has no slope
determined = { $name } is determined by { $by }
determined-at = event time { $time }: { determined }
determined-base = { determined }; it counts as base
determined-untreated = { determined } among untreated rows
doses-without-slopes = first doses of which no unit is observed unchanged twice in a row: covariates have no slopes
cells-without-log = cells whose treated rows are all zero: they have no log ratio and are in no average of cells
empty-cells = cells whose treated rows are all zero: the ratio is zero whatever is imputed, and the influence on that ratio is zero as well
empty-side = no { $side ->
    [comparison] comparison
   *[treated] treated
} unit is observed in both periods
lead-base = event time { $time } is the earliest observed: it is the base of the leads
level-not-imputed = treated rows whose { $effect } has no untreated row in the fit: not imputed
no-base = cohort-period cells without a base period or without any comparison unit at that time
no-clean-rows = event times without treated rows or without clean comparison rows
no-dose = event times whose switchers have received no dose: there is nothing to divide by
no-gap = periods without a gap, because a flow or a sum it is compared with is zero and has no logarithm
no-quarter = cells that no quarter of the panel identifies
no-slope-imputed = treated rows whose { $covariates } untreated rows give no slope for: not imputed
no-weight = rows with a weight of zero
one-sided-cells = cohort-period cells that lack affected or unaffected units on one side
other-units-unused = rows of other units and anticipated periods: an interrupted series uses the treated unit alone
second-reference = { $name } counts as zero, as the reference does
separated = rows with a zero that a regressor or a combination of effects predicts perfectly
single-unit-cohorts = rows of cohorts of one unit, whose variance is not identified
stack-apart = { $stack }: rows of units that none of the cohort joins to the reference
stack-determined = { $stack }: { determined }
term-determined = { $name } ({ PLAIN($n) } rows) is determined by { $by }{ $zero ->
    [yes] ; it counts as zero, as the reference does
   *[no] { "" }
}
times-apart = event times that no treated unit joins to { $reference }, the reference: no effect is given for them
too-few-untreated = rows of units or periods with too few untreated rows for the model: neither fitted nor imputed
unconnected-not-imputed = treated rows whose effects untreated rows do not connect: not imputed
units-apart = rows of units that none of their cohort joins to event time { $reference }, the reference
unused-switchers = units that change without an effect: not observed just before and after, or nobody to compare with
all-treated = levels of { $effect } in which every row is treated: without untreated rows they inform the effect only if it is the same elsewhere

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
needs-absorbing = it needs a treatment that never ends: use chaisemartin_dhaultfoeuille with two_way effects, or, in an analysis file, remove the column ended from the table of agreements, so that a pair counts as treated for good
takes-no-covariates = it takes no covariates; leave { $covariates } out
takes-no-weights = it takes no weights; leave { $weights } out
needs-rows = it needs the { units }' own rows, and the design holds cohort statistics
needs-dyads = it needs pairs of city and partner
few-periods = { $method } needs { $fewest } periods before the onset and { $unit_name } has { $n }: weights fitted on so few say nothing; show the raw paths instead
short-series = an interrupted series needs { $min_before } periods before and { $min_after } after the onset; { $unit_name } has { $n_before } and { $n_after }: show the raw path instead

## what is not identified
no-treatment = the treatment is not identified: { $why }. Use coarser fixed effects, as fixed_effects = "two_way", or add comparison { units }
no-reference-row = no row at event time { EVENTTIME($reference) }, the reference, is left in the fit; choose another reference
no-cell = no cohort-period cell is identified; of the treatment as a whole: { $why }
no-cell-from-onset = no cohort-period cell from onset on is identified: { $why }
no-treated-row = no treated row is left in the fit
every-row-treated = every row is treated
no-covariate-left = the fixed effects absorb every covariate; remove some of them
absorbed-by-one = it does not vary within the levels of the { $effect } effect, which absorbs it
absorbed-together = the effects { $effects } together absorb it
margins = a double ratio needs donors on both margins and off them; there are { $city } of the same city, { $partner } of the same partner and { $neither } of neither
no-cell-because = no cohort-period cell is identified: { $why }
no-cohort-compared = no cohort has a comparison from its onset on{ $n ->
    [0] { "" }
   *[other] { " " }(cohorts of one unit are left out: { $alone })
}
no-comparison-cohort = no comparison cohort has affected and unaffected units
nothing-imputed = no treated row can be imputed from untreated ones: { $why }
nothing-stacked = no cohort can be stacked: { $why }. Shorten the span or lengthen the sample
stacked-pooled = centered = "pooled" needs weights = "corrective", trimmed = true, and a panel without gaps, covariates or weights; set centered = "stack"
nothing-to-average = no effect { $side ->
    [before] before onset
   *[after] from onset on
} is left, so there is nothing to average
cohort-lacks = { $cohort ->
    [never] never treated
   *[other] cohort { $cohort }
} ({ $units }) has no { $kind ->
    [unaffected] unaffected
   *[affected] affected
} unit
error-for = { $error } for { $units }
units-without = { $n ->
    [0] the treated units
   *[other] { $shown }{ $more ->
        [0] { "" }
       *[other] { " " }and { PLAIN($more) } more
    }
}
observed-before = event times observed before the onset: { $n ->
    [0] none
   *[other] { $before }
}
reference-alone = the treated units observed at event time { $reference }, the reference, are observed at no other event time, so that nothing can be measured against it; { observed-before }. Choose another as reference
reference-unobserved = no treated unit is observed at event time { $reference }, the reference; { observed-before }. Choose one of those as reference
