# What the checks say.
unavailable = Not available because { $because }.
no-inference = no inference: { $reason }
no-event-times = { $method } gives no effects by event time

## differences from the headline, after the sentence that lists them
judged-test = { $tested ->
    [yes] { " " }(smallest p of no difference after Holm's adjustment: { P($p) })
   *[no] { "" }
}
judged = { $verdict ->
    [objects] A difference from the headline is too large to ignore{ judged-test }.
    [does-not-object] No difference from the headline is distinguishable{ judged-test }, and none of more than { $bound } is likely; one of up to { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] No difference from the headline is distinguishable{ judged-test }, { $bounded ->
        [yes] { $known ->
            [yes] but differences of up to { $bound } cannot be ruled out, and more than { $tolerance } would matter
           *[no] and the headline has no interval to compare them with
        }
       *[no] and how large they could be is not known
    }: the check cannot tell.
}
signs = { $signs ->
    [one-sign] the estimates have the same sign
   *[both-signs] the estimates differ in sign, which is an objection only if their difference is
}

## window
window-all = all rows
window-label = event times { FIXED($low, decimals: 0, sign: "always") } to { FIXED($high, decimals: 0, sign: "always") }
window-few = fewer than two windows could be estimated: { $reasons }
window-none = fewer than two windows could be estimated: no row lies beyond them
window = Under { $n } windows the effect runs from { $low } to { $high }; { signs }. { $verdict }

## dates
dates-earliest = earliest candidate date
dates-latest = latest candidate date
dates-chosen = date as chosen
dates-later = one period later where only the year is known ({ $n ->
    [one] { $n } { unit }
   *[other] { $n } { units }
})
dates-donut = onset period left out
dates-bounds-label = bounds over every onset between first and last candidate
dates-none = no agreement has a date
dates-not-estimated = no definition of the date could be estimated: { $reason }
dates = Under { $n } definitions of the date the effect runs from { $low } to { $high }; { signs }. { $verdict }
effect-range = { $point ->
    [yes] is { $low }
   *[no] lies between { $low } and { $high }
}
dates-bounds = { $n ->
    [one] One { unit } has
   *[other] { $n } { units } have
} more than one possible onset{ $aside ->
    [0] { "" }
   *[other] , { $aside } of them left out of the headline for their bounds and counted here
}. If each agreement may have begun at any time from its first candidate date to its last, the effect { $range }, sampling error aside.
dates-no-bounds = Bounds over all possible dates exist for imputation, not for { $method }.

## hidden agreements
evidence = { $grade ->
    [strong] Strong evidence of a { $direction }
    [some] Some evidence of a { $direction }
    [small] A { $direction }, too small to matter
    [nothing] No change that matters
   *[cannot] The data cannot tell
}: against pairs as large and growing the change is { PERCENT($percent, sign: "always") } ({ P($p) }); against what other trade leads one to expect, { PERCENT($total, sign: "always") }, where pairs as large and growing come to { PERCENT($ordinary, sign: "always") } without an agreement.{ $objects ->
    [yes] { " " }Trade had moved already before the agreements.
   *[no] { "" }
}
evidence-label = { $inference ->
    [placebo] among all pairs
   *[randomization] against pairs as large and growing
}: { $grade ->
    [strong] strong evidence of a { $direction }
    [some] some evidence of a { $direction }
    [small] too small to matter
    [nothing] no change that matters
   *[cannot] cannot tell
}
calibration-registers = placebo registers
calibration-draws = deals of each kind behind a verdict
calibration-some = called some evidence without an effect, %
calibration-strong = called strong evidence without an effect, %
calibration-family = called evidence without an effect for any of { $n } outcomes and dates, %
calibration-slight = called no change that matters without an effect, %
calibration-slight-wrongly = called so where the change is just large enough to matter, %
calibration-coverage = 95 % intervals that contain the true effect, %
calibration-rise = rise called evidence four times in five, %
calibration-fall = fall called evidence four times in five, %
calibration-rise-printed = such a rise as printed, over the true one, median
calibration-fall-printed = such a fall as printed, over the true one, median
calibration-found = called evidence of this change, %
evidence-no-total = the headline is no change of a total, in levels and by a Poisson method
hidden-none = there are no comparison pairs, or no overall effect
hidden-imputation = leaving out comparison pairs is computed for imputation alone
hidden-few = fewer than four comparison { units } can be left out
hidden-more = more agreements would be hidden than there are { units } to compare with
hidden-one-share = { SHARE($share) }
hidden-share-label = { SHARE($share) } have a hidden agreement
hidden-coverage-label = the register holds { SHARE($coverage) } of agreements
hidden-left-label = without { $n ->
    [one] one
   *[other] { $n }
}, { $end ->
    [lowest] lowest
   *[highest] highest
}
hidden-share = No register is complete. If { $shares } of the comparison { units } had begun an agreement that nobody recorded when the treated { units } did, the effect would be about { $effects } instead of { $effect }.
hidden-coverage = No register is complete. If this one holds { SHARE($coverage) } of all agreements, { SHARE($all, decimals: 1) } of the comparison { units } have one that nobody recorded, and { SHARE($share, decimals: 1) } one that began within the data. Older ones are part of a { unit }'s level and change nothing as long as their effect lasts. With the newer ones the effect would be about { $changed } instead of { $effect }{ $n ->
    [1] { "" }
   *[other] { " " }({ $further })
}.
hidden-further = { $effect } if it holds { SHARE($coverage) }
hidden-no-worst = What single comparison pairs do was not computed: { $reason }.
hidden-range = without { $n ->
    [1] any one comparison { unit } the effect { $range }
    [2] any two it { $range }
   *[other] { $n }, chosen one after another to move it farthest, it reaches { $low } and { $high }: the worst choice of { $n } does at least that
}
hidden-worst = The worst case is that those pairs hide agreements on which the comparison rests: { $ranges }. The single one that counts most is { $unit }.{ $exact ->
    [yes] { "" }
    [some] { " " }Sets of two and more were sought among the { $sought } { units } that move it most; a worse one may have been passed over.
   *[no] { " " }Sets were sought by one Newton step and refitted; a worse one may have been passed over.
}
hidden-breakdown = Leaving out { $n } of { $all } comparison { units } ({ $names }) carries the estimate to zero{ $fewest ->
    [yes] , and no fewer do
   *[no] ; fewer may do
}.
hidden-no-breakdown = Not even { $n } of { $all } comparison { units }, left out one after another, carries the estimate to zero.
hidden-verdict = { $verdict ->
    [objects] Two comparison pairs can move the estimate by { $moved }, more than half its interval.
    [does-not-object] No two comparison pairs move the estimate by more than { $moved }; { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] Two comparison pairs can move the estimate by { $moved }{ $known ->
        [yes] , and more than { $tolerance } would matter
       *[no] , and it has no interval to hold this against
    }.
}

## undated agreements
undated-none = no { unit } has an agreement of unknown date, or none of them could be fitted
undated-imputation = the range is computed for imputation alone
undated-failed = an estimate with them could not be made: { $reason }
undated-compared = all as comparison
undated-end = { $end ->
    [lowest] lowest
   *[highest] highest
}
undated-one = { $unit } treated from { $period } on, { undated-end }
undated-all = { $n } treated, the others as comparison, { undated-end }
undated = { $n ->
    [one] One { unit } has an agreement whose date nobody knows and takes
   *[other] { $n } { units } have an agreement whose date nobody knows and take
} no part. If all were comparison { units } after all, the effect would be { $compared } instead of { $effect }. If one of them had begun its agreement in the year that moves the estimate farthest, it would be anything from { $one_low } to { $one_high }; if each had, or was a comparison { unit }, whichever moves the estimate farthest, from { $low } to { $high }. The missing dates leave at least these ranges open, sampling error aside; few sets of dates come near the ends of the second.

## percent effects
percent-flows = percent effects need an outcome that is nowhere negative
percent-totals-label = change of the total
percent-average-ratio-label = average of own changes
percent-log-ratio-label = row average of log ratios
percent-extensive-label = chance to trade at all, percentage points
percent-intensive-label = bounds where there is trade anyway
percent-weighs-totals = each by what it would have traded
percent-weighs-average-ratio = each alike
percent-weighs-log-ratio = each year alike, falls more than rises
percent-weighs-extensive = each year alike
percent-weighs-intensive = each year with trade alike
percent = How much did trade change? Three answers. The change of the total: all treated { units } together changed by { $totals }. The average of own changes: { $average }, each of { $n } { units } counting alike, whatever its size. The row average of log ratios: { $log }, over { $by ->
    [units] { $used ->
        [one] the total of one { unit }
       *[other] the totals of { $used } { units }
    }, since more than 5 % of the treated rows are zero
   *[rows] { $used } treated rows
}{ $zero ->
    [0] { "" }
   *[other] { " " }({ $zero } without trade left out)
}, each counting alike and a halving as much as a doubling. The first says what happened to trade, the second what one { unit } may expect, the third what is typical of one { $by ->
    [units] { unit }
   *[rows] { unit } in one period
}; they differ where changes do.
percent-always = Every { unit } trades in every year, so that no trade begins or ends with an agreement.
percent-extensive = The chance to trade at all changed by { FIXED($points, decimals: 1, sign: "always") } percentage points{ $known ->
    [yes] { " " }(from { FIXED($low, decimals: 1, sign: "always") } to { FIXED($high, decimals: 1, sign: "always") })
   *[no] { "" }
}.
percent-intensive = Where there would be trade anyway, it changed by { $point ->
    [yes] { $low } on average, if agreements began no trade
   *[no] between { $low } and { $high } on average, whichever of the years with trade would have had none
}, sampling error aside.

## comparison
comparison-one = one of the two comparisons could not be estimated: { $reasons }
comparison-same = The method does not distinguish the two comparisons here: the effect is the same.
comparison = Against { units } not yet treated the effect is { $not_yet }, against { units } never treated { $never }. { $verdict }

## always treated
always-treated-none = no { units } is treated from its first period on
always-treated-failed = the estimate with them could not be made: { $reason }
always-treated-label = { $compared ->
    [yes] as comparison
   *[no] left out
}
always-treated = { $n } { units } are treated from their first period on{ $used ->
    [yes] , and are comparison here
   *[no] , and are left out here
}. With them as comparison the effect is { $compared }, without them { $excluded }: the first assumes that what their agreement does no longer changes. { $verdict }

## other policies
policies-none = no other policy is dated, or none begins within the data; declare one under [[data.policies]]
policies-agreement = the agreement
policies-set = { $names } { $alone ->
    [yes] alone
   *[no] in force
}
policies-order = { $order ->
    [first] { $one }, then { $other }
    [second] { $other }, then { $one }
   *[together] { $one } and { $other } from the same period
}
policies-increment = { $one } where { $other } is in force already
policies-office = { $policy } in force already, less the agreement alone
policies-no-increment = { $policy } has fewer than { $fewest } pairs that have it alone as long after its start
policies-never-alone = no pair has { $policy } alone
policies-bundle = { $one } and { $other } began together in { $n } of { $n_all } pairs: their effects cannot be told apart
policies-interval = { $effect }{ $known ->
    [yes] { " " }(from { $low } to { $high })
   *[no] { "" }
}
policies-effect = { $label }: { $effect }, { $n } { $n ->
    [one] pair
   *[other] pairs
}
policies = The headline, { $headline }, does not ask what else was in force: { $names }. Against { $units ->
    [city] cities
   *[other] pairs
} and years before any of them: { $effects }.
policies-refused = { $known ->
    [yes] No closed interval, { $label }: { $reason }.
   *[no] Not estimated, { $label }: { $reason }.
}
policies-few = Effects on fewer than { $n } pairs have no interval: errors by clusters do not know how unlike pairs are from so few.
policies-lost = { SHARE($share) } of the rows under a policy have no row before any policy to be compared with, and count in no average.
policies-absorbed = Needs no control: { $policy }, which is the same for all that share { $effects } effects; these absorb it.

## a remainder of the partners
remainder-none = the table has no rest of the world, or the comparison is with donors
remainder-label = { $compared ->
    [yes] in the comparison
   *[no] for totals only
}
remainder-unknown = not estimated
remainder = { $names } { $n ->
    [one] stands
   *[other] stand
} for partners without rows of their own, some of which may have agreements. With these rows in the comparison, as never treated, the effect is { $compared }; with them for totals only it is { $excluded }; here they are { $used ->
    [yes] in the comparison
    [some] partly in the comparison
   *[no] for totals only
}

## conditional trends
conditional-label = { $by ->
    [size] trends parallel within thirds by size
    [growth] trends parallel within thirds by growth before
    [signing] comparison group weighed by its odds of signing
   *[other] both
}
conditional-one = { $label } { $effect }
conditional-weights = this method takes no weights
conditional-none = no condition could be estimated: { $reasons }
conditional = If only { units } that were alike before the first agreement are compared, the effect is { $effects } instead of { $effect }. { $verdict }

## anticipation
anticipation-label = { $n ->
    [0] no anticipation
    [one] { $n } period of anticipation
   *[other] { $n } periods of anticipation
}
anticipation-few = fewer than two numbers of anticipated periods could be estimated
anticipation = The effect by periods of anticipation: { $effects }. { $verdict }

## estimators
estimators-scale = its effect comes in { $scale }
estimators-few = fewer than two methods qualify for this design and scale
estimators = { $n } methods qualify; the effect runs from { $low } ({ $lowest }) to { $high } ({ $highest }). Methods differ where effects differ between cohorts (regressions weigh them by variance, the others by treated rows), where they use other comparison rows, and where their effects before the agreement have another base. { $verdict }
estimators-alone = No other method has this target.
estimators-target = { $names } { $n ->
    [one] has
   *[other] have
} another target and cannot object.

## regressions and what they weigh
robust = On the same rows imputation, whose comparisons are all untreated, differs from the regression by { $difference }. { $verdict }
not-balanced = the panel is not balanced
bacon-effects = it decomposes unit and period effects, not { $effects }
bacon-weights = it is made for a regression without weights
bacon-poisson = a Poisson regression has no such decomposition: ask it of a column in logs (`on`)
bacon-none = no two cohorts can be compared
bacon = The static two-way estimate { $effect } averages { $n ->
    [one] one two-by-two comparison
   *[other] { $n } two-by-two comparisons
}; { SHARE($share, decimals: 1) } of its weight lies on comparisons with { units } treated already.
bacon-given = Given { $covariates }, the static two-way estimate { $effect } averages { $n ->
    [one] one comparison
   *[other] { $n } comparisons
} of two cohorts; { SHARE($share, decimals: 1) } of its weight lies on comparisons of two treated cohorts, in which { units } treated already also serve as comparison, and { SHARE($within, decimals: 1) } on covariates that differ within cohorts and periods.
twfe-weights = In a static { $family ->
    [poisson] Poisson regression
   *[linear] regression
} with { $effects } effects { $n ->
    [one] one of { $of } treated cells gets
   *[other] { $n } of { $of } treated cells get
} a negative weight (together { FIXED($together) }); its coefficient { $coefficient } { $equal ->
    [yes] is their plain average, since all weigh { $family ->
        [poisson] by their fitted outcomes
       *[linear] the same
    }
   *[no] is compatible with an average effect of zero if effects differ across cells by a standard deviation of { $spread }
}.
contamination-none = no other policy is declared, and no covariate is one, of zeros and ones
contamination-apart = the effects of the agreement and of { $policies } cannot be told apart: no other rows have one without the other
contamination-absorbed = The fixed effects absorb { $policies }, as they do every policy of the whole city, partner or period that they are of: { $n ->
    [one] it needs
   *[other] they need
} no control.
contamination = In a static { $family ->
    [poisson] Poisson regression
   *[linear] regression
} on the agreement and { $policies } with { $effects } effects, the agreement's coefficient { $coefficient } is the sum of { $own } from its own effects and { $bias } { $known ->
    [yes] (95 % interval from { $low } to { $high }){ " " }
   *[no] { "" }
}from effects of { $policies }{ $cells ->
    [time] , which may differ by time since the start
    [start] , which may differ by starting date
   *[start-and-time] , which may differ by starting date and time since the start
}. The latter enter with weights that sum to zero and in absolute value to { FIXED($weights, decimals: 2) }.
contamination-judged = { $verdict ->
    [objects] Their part is distinguishable from zero ({ P($p) }), so that the coefficient is not the agreement's alone.
    [does-not-object] Their part is not distinguishable from zero ({ P($p) }) and too small to change the conclusion.
    [cannot-tell] Their part is not distinguishable from zero ({ P($p) }), but may be large enough to change the conclusion.
    [informs] The headline is no such regression (test that their part is zero: { P($p) }).
   *[unknown] How sure their part is cannot be said with this inference.
}

## levels of one policy
level-changes-none = the agreement has one level and does not end
level-none = none
level-agreement = agreement
level-change = { $old } to { $new }
level-per-level = per level, all first changes (de Chaisemartin–D'Haultfœuille, normalized)
level-says = { $change } { $effect } in { $n } { $n ->
    [one] { unit }
   *[other] { units }
}{ $tested ->
    [yes] { " " }({ P($p) })
   *[no] { "" }
}
level-changes = By change of level{ $unit ->
    [none] { "" }
   *[other] , in { $unit }
}, compared with those that stay at the same level: { $changes }.

## leave one out
leave-one-out-all = all
leave-one-out-label = { $dimension ->
    [cohort] without cohort { $name }
   *[other] without { $name }
}
leave-one-out-none = no estimate remains once a member is left out
leave-one-out = Leaving out one { $members } at a time, the effect { $effect } ranges from { $low } to { $high }; it moves most { $label } (to { $moved }){ $flips ->
    [0] ; the sign never changes
   *[other] { " " }and changes sign in { $flips } of { $n } cases
}. { $verdict }

leave-one-donor-out-none = no donor can be left out
leave-one-donor-out = Leaving out each of { $n } donors in turn moves the mean gap of { $effect } to between { $low } and { $high }, most without { $label }{ $flips ->
    [0] ; the sign never changes
   *[other] { " " }and changes its sign in { $flips } of { $n } cases
}. { $verdict ->
    [objects] A move of { $moved } is more than half the interval: the gap depends on one donor.
    [does-not-object] A move of { $moved } leaves the conclusion as it is; one of { $tolerance } would not.
   *[cannot-tell] { $known ->
        [yes] A move of { $moved } is within the interval, but more than { $tolerance } would matter: the check cannot tell.
       *[no] The gap has no interval to compare the moves with: the check cannot tell.
    }
}

## concentration
concentration-one = The change of the total, { PERCENT($change, sign: "always") }, is that of { $name } alone.
concentration = The total of { treated } changed by { PERCENT($change, sign: "always") }. It rests on { FIXED($effective, decimals: 1) } effective { units }: { $first } makes up { SHARE($first_share) } and { $second } { SHARE($second_share) } of the total without the agreement. Without { $first } in the total the change is { PERCENT($without_first, sign: "always") }, without { $second } { PERCENT($without_second, sign: "always") }; nothing is estimated again for this, as it is where one is left out at a time.

## pretrends
pretrends-test = { $test }({ $df }) = { FIXED($statistic, decimals: 2) }, { P($p) }{ $holm ->
    [yes] ; { P($adjusted) } by Holm's adjustment for two tests
   *[no] { "" }
}{ $cluster ->
    [none] { "" }
   *[other] , clustered by { $cluster }, which objects least
}
pretrends-effects = { $n ->
    [one] { $n } pre-period effect
   *[other] { $n } pre-period effects
}{ $base ->
    [universal] , measured against one reference period,
    [varying] , each measured against the period before it,
    [imputation-leads] , from a regression on untreated rows alone,
    [first-stage-residuals] , residuals of the regression on untreated rows,
   *[none] { "" }
} { $n ->
    [one] is
   *[other] are jointly
}
pretrends-joint = The { pretrends-effects } { $differ ->
    [yes] different from
   *[no] not distinguishable from
} zero ({ pretrends-test }).
pretrends-clean = They are the effects before the agreement by { $clean }, since { $none ->
    [yes] { $method } estimates none
   *[no] those of { $method } over several cohorts hold effects after it
}.
pretrends-slope = A straight line through them changes by { $slope } a period ({ P($p) }).
pretrends-verdict = { $verdict ->
    [objects] Treated { units } moved differently before the agreement already.
    [does-not-object] If this trend went on it would by itself look like an effect of at most { $bound }, and one of { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] A trend that these data allow would by itself look like an effect of as much as { $bound } if it went on, and one of more than { $tolerance } would matter: the check cannot tell.
           *[no] The headline has no interval to compare a trend with: the check cannot tell.
        }
       *[no] How large a trend these data allow is not known: the check cannot tell.
    }
}
pretrend-power-none = there are no effects before the agreement with a joint covariance through which a line could be drawn
pretrend-power-label = trend found with { SHARE($power) } power
pretrend-power = A linear trend of { $slope } a period would be found with { SHARE($power) } power only; by itself it would make { $bias } of effect. At { SHARE($level) } the effects before the agreement are within { $bound } of zero (equivalence).

## levelling off
levelling-off-few = { $n ->
    [one] there is one effect
   *[other] there are { $n } effects
} after the agreement and { $compared } are compared
levelling-off = The effects at event times { $times } { $moves ->
    [yes] differ
   *[no] do not differ
} ({ $test } test, { P($p) }): the effect { $moves ->
    [yes] is still moving
   *[no] shows no sign of moving
} at the end of the window.

## selection
selection-constant = trade growth among pairs at risk is constant, or follows from the other variables
selection-few = { $n ->
    [one] one agreement
   *[other] { $n } agreements
} among pairs at risk { $n ->
    [one] is
   *[other] are
} too few for { $slopes } variables, which need { $least } each
selection-short = no pair at risk is observed over { $periods } periods before
selection-separated = the hazard does not converge: a variable predicts agreements perfectly
selection = Among { $dyads } pairs at risk with { $n } agreements, trade of those that signed grew by { $gap } more over the { $lags } periods before than that of pairs as likely to sign (hazard ratio { FIXED($ratio, decimals: 2) } a log point; { P($p) } when each period's agreements are dealt anew among the pairs at risk). { $verdict ->
    [objects] Agreements follow trade.
    [does-not-object] No difference of more than { $bound } is likely, and one of up to { $tolerance } would not change the conclusion, whether it continues or reverses.
   *[cannot-tell] { $known ->
        [yes] A difference of up to { $bound } cannot be ruled out, and one of more than { $tolerance } would matter, whether it continues or reverses: the check cannot tell.
       *[no] The headline has no interval to compare a difference with: the check cannot tell.
    }
}

## break at an unknown date
break-units = it needs one treated pair and there { $n ->
    [one] is one
   *[other] are { $n }
}
break-short = the series has { $n } periods and { $least } are needed
break-gaps = the series has gaps
break-zeros = the series has periods without trade, and breaks are sought in logs
break = The largest break in level or trend of the series in logs is at { $date } (sup-F { FIXED($statistic, decimals: 1) }, { P($p) }), its { SHARE($level) } interval { $low } to { $high }. { $verdict ->
    [does-not-object] The date of the agreement, { $agreement }, lies in it.
    [objects] The date of the agreement, { $agreement }, does not: the series breaks at another time.
   *[cannot-tell] No break is clear. That is not to say that there is none at the date of the agreement, { $agreement }: a move of the level by { $shift } there would be found with { SHARE($power) } power.
}

## spillovers
rings-no-column = the panel has no column { $columns }, in degrees
spillovers-direct = direct
spillovers-dyads = spillovers need pairs of a city and a partner
spillovers-none = { $exposed ->
    [0] no pair begins to be exposed to another agreement of its { spillovers-through } inside the sample
   *[other] no pair is never exposed to another agreement of its { spillovers-through }, so there is nothing to compare with
}{ $throughout ->
    [0] { "" }
    [one] ; one pair is exposed throughout, to an agreement from before the sample
   *[other] ; { $throughout } pairs are exposed throughout, to an agreement from before the sample
}
spillovers-through = { $through ->
    [city] city
   *[partner] destination
}
spillovers-failed = no spillover could be estimated: { $reasons }
spillovers-effect = { $label } { $effect }{ $known ->
    [yes] , interval { $low } to { $high }, { P($p) }
   *[no] { "" }
}
spillovers-lacking = none could be estimated
spillovers = { $effects }.
spillovers-refused = Not estimated, { $label }: { $reason }.
spillovers-verdict = { $verdict ->
    [objects] Pairs without an agreement move with the agreements of others, so that they are no clean comparison.
    [does-not-object] No spillover of more than { $bound } is likely, and one of up to { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] Spillovers of up to { $bound } cannot be ruled out, and more than { $tolerance } would matter: the check cannot tell.
           *[no] The headline has no interval to compare a spillover with: the check cannot tell.
        }
       *[no] How large spillovers could be is not known: the check cannot tell.
    }
}
spillovers-net = No net amount is given: the effects come from separate regressions, so their sum has no interval. Nor do they say what a city exports in all, which [translate] answers in a model. The direct effect has the interval of its column; where page 1 compares with pairs as large and growing, its interval is another.
rings-net = by distance: { $label }
rings-none = Rings of distance, { $label }: not available because { $reason }.
rings-beyond = beyond { $last }: the comparison
rings = Rings of distance, { $label }, against pairs beyond { $beyond } (edges: { $given ->
    [yes] as given
   *[no] quantiles of the distances of pairs without an agreement to the nearest agreement
}): { $effects }.

## placebos in time
placebo-verdict = { $verdict ->
    [objects] Something moved before the agreement.
    [does-not-object] No effect of more than { $bound } at a false date is likely, and one of up to { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] None is distinguishable from zero, but effects of up to { $bound } at false dates cannot be ruled out, and more than { $tolerance } would matter: the check cannot tell.
           *[no] None is distinguishable from zero, and the headline has no interval to compare them with: the check cannot tell.
        }
       *[no] None is distinguishable from zero, and how large they could be is not known: the check cannot tell.
    }
}
placebo-dates-label = { $n ->
    [one] { $n } period earlier
   *[other] { $n } periods earlier
}
placebo-dates-failed = no fake date could be estimated: { $reasons }
placebo-dates-none = no fake date has a p-value
placebo-dates = With the agreement moved to earlier dates and the time after the real one left out, the largest effect is { $effect }, { $label } ({ P($p) }, { FIXED($adjusted) } after Holm's adjustment for { $n ->
    [one] one fake date
   *[other] { $n } fake dates
}). { $verdict }
no-case = { $method } does not treat one pair as a case
placebo-time-few = there are only { $n } periods before the onset
placebo-time-none = no false date could be tested: { $reason }
placebo-time = { $n ->
    [one] The only false date that can be tried before the agreement is { $date }: mean gap { $effect }, rank { P($p) } (floor { FIXED($floor) }).
   *[other] Of { $n } false dates before the agreement { $date } has the largest effect: mean gap { $effect }, rank { P($p) } (floor { FIXED($floor) }), { FIXED($adjusted) } after Holm's adjustment.
} { $verdict }

## honest
honest-clustered = honest intervals rest on clustered errors, since { $taken } gives no joint covariance
honest-draws = honest intervals rest on the covariance of the effects over the draws of { $taken }
honest-no-covariance = no inference gives these effects a joint covariance
honest-base = its effects before the agreement are { $base ->
    [varying] each measured against the period before it
    [imputation-leads] from a regression on untreated rows alone
    [first-stage-residuals] residuals of the regression on untreated rows
   *[none] not measured against one period
}; the restriction is about one path against one reference, so use a universal base (for Callaway-Sant'Anna base = "universal")
honest-binned = its ends collect several event times, and the restriction is about single ones
honest-missing = event times are missing between the first and the last
honest-one-side = there is no effect before, or none after, the reference
honest-at = { $symbol } = { COMPACT($size) }: { FIXED($low) } to { FIXED($high) }
honest = If { $kind ->
    [smoothness] the slope of the difference in trends changes by at most M from one period to the next
    [relative-magnitudes] the difference in trends moves after onset at most M̄ times as much, from one period to the next, as it moved at most before
   *[relative-smoothness] the slope of the difference in trends changes after onset at most M̄ times as much as it changed at most before
}, the interval for the { $target ->
    [average] average of the path from onset on
   *[first] effect at onset
} ({ FIXED($center) }) is, at { $given }. { $reached ->
    [without] It holds zero even without a violation ({ $symbol } = 0).
    [never] No bound that was tried brings zero into it.
   *[at] It first holds zero at { $symbol } = { FIXED($breakdown, decimals: 2) }.
}
honest-range = { $symbol } = { COMPACT($size) }: { $low } to { $high }
honest-beyond = more than { PERCENT($end, decimals: 0, sign: "always") }
honest-headline = If { $kind ->
    [smoothness] the slope of the difference in trends changes by at most M from one period to the next
    [relative-magnitudes] the difference in trends moves at most M̄ times as much in a period, away from the mean of the years before, as it moved at most between two years before
   *[relative-smoothness] the slope of the difference in trends changes after onset at most M̄ times as much as it changed at most before
}, the interval for the { $target ->
    [average] headline
   *[first] effect at onset
} ({ $headline }) is, at { $given }. { $reached ->
    [without] It holds zero even without a violation ({ $symbol } = 0).
    [never] No bound that was tried brings zero into it.
   *[at] It first holds zero at { $symbol } = { FIXED($breakdown, decimals: 2) }{ $stepped ->
        [yes] , where the difference moves by { $step } a period as estimated; a violation of that size throughout leaves { $exact }
       *[no] { "" }
    }.
}
honest-slope = A straight line through the years before, on the same base, has a slope of { $slope } a period ({ P($p) }); one of { $enough } would by itself make the headline, and the test would have found it with a chance of { SHARE($power, decimals: 0) }.
honest-base-draws = errors of the years before and of the headline are those over re-assigned agreements, because errors by influence are not to be trusted here
honest-few-draws = only { $n } of the re-assigned agreements give every event time, and { $needed } are needed
honest-verdict = { $verdict ->
    [does-not-object] A violation as large as any before would leave the conclusion as it is.
    [objects] Differences before are distinguishable from zero ({ P($p) }), and a violation as large overturns the result.
   *[cannot-tell] { $reached ->
        [without] There is no result that a violation could overturn: the check cannot tell.
       *[at] A violation as large as those before would overturn the result, but whether there were any before is not clear{ $tested ->
            [yes] { " " }({ P($p) })
           *[no] { "" }
        }: the check cannot tell.
    }
}

## known shocks
shocks-none = no known shock that concerns the pair falls inside the sample
shocks-one-side = no period is left on one side of the onset
shocks-near = { $near ->
    [0] in the period of the agreement
    [one] in the period of the agreement or the one before or after
   *[other] within { $near } periods of the agreement
}
shocks-coincident = { $label } falls { shocks-near }
shocks = { $n ->
    [0] No known shock falls { shocks-near }; others inside the sample: { $labels }.
    [one] Known shock { shocks-near }: { $labels }.
   *[other] Known shocks { shocks-near }: { $labels }.
}
shocks-without = Without the periods of { $n ->
    [one] the shock
   *[other] each shock in turn
} the mean effect of { $effect } { $known ->
    [0] cannot be estimated
    [one] becomes { $low }
   *[other] { $range }
}.
shocks-rival = A shock at the date is a rival explanation that this design cannot set aside: the check cannot tell.

## balance
balance-no-column = the panel has no column { $column }
balance-none = no treated pair and comparison pair are observed together before an onset
balance-log = log { $outcome }
balance-transformed = { $outcome } in { $transform }
balance-change = change of { $label } over { $lags } periods
balance-variable = { $variable } ({ FIXED($gap, decimals: 2, sign: "always") })
balance = { $n ->
    [0] Just before the agreement no variable differs by more than { COMPACT($large, digits: 2) } standard deviations.
   *[other] Just before the agreement treated pairs differ from comparison pairs by more than { COMPACT($large, digits: 2) } standard deviations in { $listed }.
}

## what a check lacks
no-column = the panel has no column '{ $column }'
no-influence = the method has no influence function
no-regression = the method has no regression behind it
no-joint-errors = { $inference } gives no joint covariance with standard errors
no-reason = no reason is known
not-made-again = the estimate could not be made again: { $reason }

## reference period
reference-none = these effects are not measured against one period
reference-coefficients = only coefficients can be measured against another period without a refit
reference-two = the path is measured against two periods at once
reference-only = event time { EVENTTIME($at) } is the only one before onset that is estimated
reference-label = against event time { EVENTTIME($at) }
reference-before = against all periods before
reference = Against each of { $n } reference periods the average of the path runs from { $low } (event time { EVENTTIME($lowest) }) to { $high } (event time { EVENTTIME($highest) }); reported is event time { EVENTTIME($reported) }. Against all periods before, the effect is { $overall }. { $verdict }

## clusters
clusters-no-influence = the method has no influence function that could be clustered
clusters-none = no choice of clusters gives an error
clusters-by = by { $by }
clusters = The standard error runs from { COMPACT($low, digits: 3) } ({ $narrow }) to { COMPACT($high, digits: 3) } ({ $wide }) over { $n } choices of clusters. { $verdict ->
    [does-not-object] The widest interval reaches { $more } farther on each side than the headline's, and { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] { $known ->
        [yes] The widest interval reaches { $more } farther on each side than the headline's, and more than { $tolerance } would matter: which clusters are independent decides, and the check cannot tell.
       *[no] The headline has no interval to compare the others with: the check cannot tell.
    }
}
cluster-leverage = Clustered { $by }, { $n } clusters count as { FIXED($effective, decimals: 1) }; { $top } alone holds { SHARE($share) } of what identifies the effect.

## rescaling
rescaling-label = { $method }, outcome / { $factor }
rescaling-log = TWFE of log(1 + outcome / { $factor })
rescaling = Dividing the outcome by up to { $factor } { $change ->
    [level] changes nothing but the unit of the effect.
    [none] leaves the effect as it is.
   *[unstable] changes the effect by up to { $moved }: the method depends on the unit of money.
}
rescaling-plus-one = log(1 + X) would run from { $low } to { $high } over the same units, which is why it is not used.

## influence of single units
influence = The most influential unit is { $unit }: { $known ->
    [yes] without it the effect is { $without } in place of { $effect }
   *[no] without it no effect can be estimated in place of { $effect }
}; the { $n } most influential units make { SHARE($share) } of the variance clustered by unit.

## regions
regions-width = { $region } { FIXED($width, decimals: 2) }
regions = Half-widths of { SHARE($level) } regions for { $n } effects, in errors: { $widths }. Zero lies outside for { $pointwise } effects one by one, and for { $joint } under sup-t, the narrowest of those that hold all effects at once.

## power
power-graded = The change that these data would show in four cases of five is that of the verdict, on the first page.
power-few = only { $n } placebo designs could be estimated: { $reason }
power-mde = minimum detectable effect
power-half = effect found with 50 % power
power-spread = spread of placebo estimates
power-draws = placebo designs
power-rejected = clustered errors reject the placebo at
power-analytic = analytic, from clustered errors
power-refitted = placebo designs that were refitted for these errors
power = With these data an effect below { $half } would be missed half of the time, and one below { $mde } with more than { SHARE($missed) } probability ({ $n } placebo designs on { units } that are never treated).

## weights of a static regression, in a table
weights-coefficient = static coefficient{ weights-unit }
weights-cells = cells with a weight
weights-negative = negative weights
weights-sum = sum of negative weights
weights-zero = spread of effects compatible with an average of zero{ weights-unit }
weights-opposite = spread of effects compatible with the opposite sign everywhere{ weights-unit }
contamination-own = of it the agreement's own effects{ weights-unit }
contamination-alone = coefficient in rows without any other policy{ weights-unit }
contamination-bias = of it effects of { $policy }{ weights-unit }
contamination-weights = sum of absolute weights of effects of { $policy }
weights-unit = { $named ->
    [yes] , { $unit }
   *[no] { "" }
}

## functional form
reset-methods = RESET belongs to ppml and twfe, which fit one predictor to all rows
reset-noisy = with city-period or partner-period effects PPML's fitted predictor is too noisy for a test of its square
reset-no-variance = the variance of the added slope is zero
reset-collinear = the squared predictor is collinear with the model
reset = RESET: the squared predictor has t = { FIXED($t, decimals: 2) }, { P($p) }; { $verdict ->
    [objects] the form of the model is doubted.
    [does-not-object] nothing speaks against the form of the model. With the square added the effect moves by { $bound } at most, and { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] { $bounded ->
        [yes] { $known ->
            [yes] nothing speaks against the form of the model, but with the square added the effect could move by { $bound }, and more than { $tolerance } would matter: the check cannot tell.
           *[no] nothing speaks against the form of the model, but the headline has no interval to compare another form with: the check cannot tell.
        }
       *[no] nothing speaks against the form of the model, but by how much the effect could move with another is not known: the check cannot tell.
    }
}

## leverage
leverage-none = { $n ->
    [0] No untreated row determines an effect alone.
    [one] One untreated row determines an effect alone (leverage one); no treated row of another unit rests on it.
   *[other] { $n } untreated rows each determine an effect alone (leverage one); no treated row of another unit rests on them.
}
leverage-label = without these rows
leverage = { $n ->
    [one] One untreated row determines an effect alone
   *[other] { $n } untreated rows each determine an effect alone
} (leverage one): { $rows }{ $more ->
    [yes] { " …" }
   *[no] { "" }
}. { $cells } of { $of } treated rows ({ $named }) rest on { $n ->
    [one] it, and influence-based errors do not see its noise
   *[other] them, and influence-based errors do not see their noise
}. { $known ->
    [yes] Without these rows the effect is { $without }, with them { $effect }. { $verdict }
   *[no] Without these rows no effect can be estimated.
}

## margins
margins-unnamed = no column that counts firms or products was named
margins-linear = margins add up in linear methods on the logarithm only
margins-part = { $name } { $effect }
margins = The effect { $effect } splits into { $parts }{ $adds ->
    [yes] , which add up exactly.
   *[no] ; they miss the total by { COMPACT($gap, digits: 2) }.
}

## families of outcomes
outcomes-unnamed = no other outcome is named; give columns under others or untouched
outcomes-no-effect = no effect
outcomes-none = no other outcome could be estimated: { $reasons }
outcomes = Of { $n } outcomes { $moved ->
    [one] one moves
   *[other] { $moved } move
} after Holm's correction{ $untouched ->
    [0] { "" }
   *[other] ; of { $untouched } that the agreement cannot have touched: { $any ->
        [0] none
       *[other] { $listed }
    }
}{ $reasoned ->
    [yes] { " " }(untouched because { $reason })
   *[no] { "" }
}. The headline outcome: { $effect }.{ $verdict ->
    [cannot-tell] { " " }{ $bounded ->
        [yes] { $known ->
            [yes] Effects of up to { $bound } on outcomes that it cannot have touched are not ruled out, and more than { $tolerance } would matter: the check cannot tell.
           *[no] The headline has no interval to compare effects on other outcomes with: the check cannot tell.
        }
       *[no] How large effects on other outcomes would be for the headline is not known: the check cannot tell.
    }
   *[other] { "" }
}

## structural series
structural-methods = { $method } is no structural series
structural-none = no variant could be fitted
structural-chosen = as chosen
structural-variance = level variance × { COMPACT($factor) }
structural-level = { $level ->
    [local-level] local level
    [local-linear-trend] local linear trend
   *[random-walk-with-drift] random walk with drift
}
structural-components = { $n } donor components
structural = Over { $n } variants of the level, the trend and the donors the mean gap lies between { COMPACT($low, digits: 3, sign: "always") } and { COMPACT($high, digits: 3, sign: "always") }; its interval excludes zero in { $excluding } of them. { $verdict ->
    [objects] A variant differs from the choice by { COMPACT($bound, digits: 3) }, more than half the interval.
    [does-not-object] No variant differs from the choice by more than { COMPACT($bound, digits: 3) }, and { COMPACT($tolerance, digits: 3) } would leave the conclusion as it is.
   *[cannot-tell] { $known ->
        [yes] A variant differs from the choice by { COMPACT($bound, digits: 3) }, and more than { COMPACT($tolerance, digits: 3) } would matter: the check cannot tell.
       *[no] The choice has no interval to compare others with: the check cannot tell.
    }
}

## ranks of a single case
set-name = { $set ->
    [all] all
   *[other] { $set }
}
set-absent = Set { set-name }: not available because { $reason }.
no-placebo = no placebo can be formed
adoption = Of { $n } units: { $roles }.
adoption-role = { $n } { $role }
of-unit = { $unit }: { $text }
case-method = { $method } ({ set-name })
placebo-space = { $n ->
    [0] Set { set-name }: no placebo can be formed.
   *[other] Set { set-name }: mean gap { COMPACT($effect, digits: 3, sign: "always") }, rank { P($p) }{ $has_ratio ->
        [yes] { " " }(ratio of root mean squared gaps: { FIXED($ratio) })
       *[no] { "" }
    } among { $n } placebos; no p-value can be below { FIXED($floor) }.
}
case-paths = { $unit } is drawn against { $n } donors{ $failed ->
    [0] .
   *[other] ; { $failed } placebo paths could not be formed.
}
donor-sets = Donor set { set-name }, { $described }: { $n ->
    [one] { $n } unit
   *[other] { $n } units
}; { $excluded ->
    [no] none excluded.
   *[yes] excluded: { $why }.
}
donor-sets-few = { $unit } has { $n ->
    [0] no donor
   *[other] one donor
} among { $described }: that comparison says next to nothing
case-tests-short = no p-value: { $n } periods before the agreement, { $needed } are needed
case-tests-exact = With so many donors for so few periods the path before the agreement is reproduced exactly by { $methods }: there is no misfit to divide by, so no rank of the RMSPE ratio is given, and a fit that good is no merit.
case-tests-none = No p-value is given: with { $n } periods before the agreement, where { $needed } are needed, the gaps are a description.
case-tests-conformal = Conformal p-values rest on { $n } periods before the agreement{ $short ->
    [yes] , fewer than the { $needed } that intervals need.
   *[no] .
}
case-tests = { $n ->
    [one] The one combination of method and donor set that could be formed has rank p-value { FIXED($low) }; none below { FIXED($floor) } is attainable.
   *[other] Over { $n } combinations of method and donor set the rank p-values run from { FIXED($low) } to { FIXED($high) } with median { FIXED($median) }; the smallest attainable ones from { FIXED($floor) } to { FIXED($highest_floor) }. No single one of them is the result.
}

## what one case can tell
case-mute = Cannot tell: { $reasons }.
case-descriptive = Descriptive only: { $move }.
case-chance = pairs without an agreement moved as much
case-each = { $n ->
    [0] Taken one by one, none of { $of } pairs stands out
   *[other] Taken one by one, { $n } of { $of } pairs stand out: { $named }
} (Holm’s p-values).
case-named = { $unit } by { PERCENT($percent, decimals: 0, sign: "always") }
case-second = by no other method is a move like this as rare
case-readings = not all methods and donor sets have the same sign
case-objects = a check objects
case-dates = other dates that mark the agreement as well say less
case-columns = another date, or other donors, say less
case-short = there are { $n } periods before the agreement and { $needed } are needed
case-floor = with { $n } placebos no p-value can fall below { FIXED($floor) }, and { FIXED($asked, decimals: 2) } would be needed
case-apart-by = by the { $method } it stood { $a } what flows from the same place to other destinations imply (A) and { $b } what flows from other places to the same destination imply (B)
case-apart = The two donor sets disagree about the flow of { $unit } after the agreement: { $methods }. That is the finding: whether the flow rose or fell depends on whom it is compared with.
case-size = { $scale ->
    [log] { PERCENT($size, decimals: 0) }
   *[other] { COMPACT($size) }
} { $up ->
    [yes] above
   *[no] below
}
case-move = after the agreement the flow of { $unit } stood on average { $size } what its donors' path implies by the { $method } ({ $before } periods before, { $after } after)
case-rank = rank { P($p) } among { $n } placebos, smallest attainable { FIXED($floor) }
case-stands-out = Stands out: { $move }; { $rank }. Something moved this flow then; one case cannot say that it was the agreement, nor anything about the partner city.
case-usual = Does not stand out: { $move }; { $rank }; { $reasons }. This is not evidence of no effect.
case-found = { $which ->
    [both] A rise of { PERCENT($rise, decimals: 0) } or a fall of { PERCENT($fall, decimals: 0) } would
    [rise] A rise of { PERCENT($rise, decimals: 0) }, but no fall, however large, would
    [fall] A fall of { PERCENT($fall, decimals: 0) }, but no rise, however large, would
   *[none] No change, however large, would
} stand out in four of five pairs.

## candidate dates of one case
date-sets-none = no candidate date leaves enough periods on both sides
date-sets-later = a period later, as only the year is known
date-sets-chosen = onset as chosen
date-sets-short = { $before } periods before and { $after } after
date-sets-donut = period of the onset left out
date-sets-between = time between the dates left out
date-sets-interval = from the first date to the last
date-sets-outside = the date { $label } ({ $date }) lies outside the series: no row for it
date-sets-together = { $labels } fall into one period, { $date }
date-sets = Over { $n } combinations of { $dates ->
    [one] { $dates } reading
   *[other] { $dates } readings
} of the date{ $methods ->
    [one] { "" }
   *[other] , { $methods } methods
} and { $sets } donor sets the median mean gap is { COMPACT($median, digits: 3, sign: "always") } (from { COMPACT($low, digits: 3, sign: "always") } to { COMPACT($high, digits: 3, sign: "always") }), { SHARE($same) } of one sign; the median rank p is { FIXED($p) }. The smallest of them, { FIXED($smallest) }, is not a finding: with so many combinations something is always smallest.

## donor weights
weights-none = { $method } gives no donor weights
weights-donor = { $donor } { FIXED($weight, decimals: 2) }
weights-set = Set { set-name }: { $n } of { $of } donors carry weight, most of it { $top }.
weights-outside = { $unit } lies outside the range of donor set { set-name } in { $n } of { $of } periods before the agreement, by up to { FIXED($distance, decimals: 1) } standard deviations: no convex combination reproduces it.

## several cases
pooled-few = { $n } of { $of } cases can be estimated with an error and two are needed
pooled-mean = random-effects mean
pooled-without = mean without { $unit }
pooled-cases = case by case
pooled-together = together
pooled-mean-of = random-effects mean of { $n } { $method ->
    [double-ratio] double ratios
    [synthetic-control] synthetic controls
    [synthetic-did] synthetic differences-in-differences
   *[augmented-synthetic-control] augmented synthetic controls
}
pooled-interval = { $truncated ->
    [yes] Hartung-Knapp, truncated: its variance factor of { COMPACT($factor, digits: 2) } is raised to 1
   *[no] Hartung-Knapp; its variance factor of { COMPACT($factor, digits: 2) } is above 1 and not truncated
}
pooled = The { $method } is { COMPACT($effect, digits: 3, sign: "always") } ({ SHARE($level) } interval { COMPACT($low, digits: 3, sign: "always") } to { COMPACT($high, digits: 3, sign: "always") }; { $how }), true effects scattering by { COMPACT($spread, digits: 3) }.
pooled-range = Leaving one case out { $point ->
    [yes] leaves it at { COMPACT($low, digits: 3, sign: "always") }
   *[no] moves it between { COMPACT($low, digits: 3, sign: "always") } and { COMPACT($high, digits: 3, sign: "always") }
}.
pooled-ranks = The placebo ranks combine to { P($p) } (Fisher; cases share donors, so they are not independent).
pooled-chosen = Had these been the best { $n } of { $of } cases, chance alone would do as well with probability { FIXED($bound) }.
pooled-best = The best { $n } of these { $of } by themselves: chance alone does as well with probability { FIXED($bound) }.

## what stands in a row or a message of several checks
refit-failed = { $check }: { $label } could not be estimated: { $reason }
concentration-none = the estimate is no percent change of an imputed total
margins-per = { $counted } per { $by }

## groups of treated pairs
groups-small = fewer than two groups by { $by } have { $n } treated units
groups-few = fewer than two groups could be estimated
groups-test = { $test } test
groups-relabelled = re-labelled treated units
groups = Effects by { $by }: { $effects }. { $differ ->
    [yes] They differ ({ $test }, { P($p) }).
    [no] They cannot be distinguished in these data ({ $test }, { P($p) }).
   *[unknown] Their equality could not be tested ({ $test }).
}
group-small = { $name } ({ $n })
groups-left-out = Not estimated, too few treated units: { $groups }.
group-order = { $first ->
    [yes] first agreement of its city
   *[no] later agreement of its city
}
group-before = before { $end }
group-between = { $start } to before { $end }
group-from = from { $start }
group-changes = '{ $by }' changes over time: only its values before onset are used, later ones would be a bad control

## raw series
raw-none = no unit is treated within the sample; name the unit to be shown
raw-unknown = the panel has no unit '{ $unit }'
raw-log = { $of ->
    [none] log
   *[other] log of { $of }
}
raw = Series as observed of { $units }{ $more ->
    [0] { "" }
   *[other] ; { $more } more are not shown
}; descriptive, no comparison is tested.

## who is exposed to agreements of others
spillovers-throughout = exposed throughout
spillovers-treated = treated itself
spillovers-rule = first agreement of another dyad of the { $through ->
    [city] city
   *[partner] partner
}
rings-label = { $low } to { $high }
rings-degrees = { $place } has { $has ->
    [none] no
    [several] more than one
   *[impossible] no possible
} { $column }{ $n ->
    [one] { "" }
   *[other] { " " }({ $n } such places)
}; give each place one, in degrees
rings-rule = first agreement at this distance
rings-otherwise = treated or exposed otherwise

## specification curve
curve-many = { $n } specifications or more are over { $most }; name fewer choices
curve-few = fewer than two specifications could be estimated
curve-scale = its effect comes in { $scale }, not in { $asked }
curve-no-method = no method is called '{ $name }'
curve-no-comparison = no comparison is called '{ $name }'
curve-anticipation = { $n ->
    [one] 1 period
   *[other] { COMPACT($n) } periods
}
curve-window = { FIXED($low, decimals: 0, sign: "always") } to { FIXED($high, decimals: 0, sign: "always") }
curve-because = { $n } because { $reason }
curve-skipped = { $n } specifications have no estimate: { $reasons }
curve = Over { $n } specifications the effect runs from { $low } to { $high }, median { $median }; { SHARE($same) } have the sign of the headline.{ $tested ->
    [yes] { " " }The median of { $used } of them is larger under { SHARE($joint) } of re-assigned onsets.
   *[no] { "" }
}

## shocks that everybody knows
shock-asia = Asian financial crisis
shock-wto = China enters the WTO
shock-textiles = textile quotas end
shock-finance = financial crisis
shock-chafta = China-Australia agreement in force
shock-brexit = Brexit vote
shock-tariffs = tariffs between China and the United States
shock-pandemic = pandemic
shock-single-market = Britain leaves the single market
shock-ukraine = war in Ukraine

## from pairs to cities
translated-head = { $n ->
    [one] One pair
   *[other] { $n } pairs
} in { $models } models of one sector; ranges are over models, in brackets the ends of the effect's interval
translated-pairs = trade of the pairs: { PERCENT($estimate_low, sign: "always") } to { PERCENT($estimate_high, sign: "always") } ({ PERCENT($low, sign: "always") } to { PERCENT($high, sign: "always") })
translated-exports = all exports of their cities: { PERCENT($estimate_low, sign: "always", decimals: 2) } to { PERCENT($estimate_high, sign: "always", decimals: 2) } ({ PERCENT($low, sign: "always", decimals: 2) } to { PERCENT($high, sign: "always", decimals: 2) })
translated-other_exports = their exports to other partners: { PERCENT($estimate_low, sign: "always", decimals: 2) } to { PERCENT($estimate_high, sign: "always", decimals: 2) } ({ PERCENT($low, sign: "always", decimals: 2) } to { PERCENT($high, sign: "always", decimals: 2) })
translated-third_exports = exports of all others to the pairs' partners: { PERCENT($estimate_low, sign: "always", decimals: 2) } to { PERCENT($estimate_high, sign: "always", decimals: 2) } ({ PERCENT($low, sign: "always", decimals: 2) } to { PERCENT($high, sign: "always", decimals: 2) })
translated-real_income = real income of their cities: { PERCENT($estimate_low, sign: "always", decimals: 2) } to { PERCENT($estimate_high, sign: "always", decimals: 2) } ({ PERCENT($low, sign: "always", decimals: 2) } to { PERCENT($high, sign: "always", decimals: 2) })
translated-diverted = of the pairs' rise { PERCENT($low) } to { PERCENT($high) } is lost with the cities' other partners
