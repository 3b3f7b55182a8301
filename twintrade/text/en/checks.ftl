# What the checks say.
unavailable = Not available because { $because }.
no-event-times = { $method } gives no effects by event time

## differences from the headline, after the sentence that lists them
judged-test = { $tested ->
    [yes] { " " }(smallest p of no difference after Holm's adjustment: { P($p) })
   *[no] { "" }
}
judged = { $verdict ->
    [objects] A difference from the headline is too large to be passed over{ judged-test }.
    [does-not-object] No difference from the headline is distinguishable{ judged-test }, and none of more than { $bound } is likely; one of up to { $tolerance } would leave the conclusion as it is.
   *[cannot-tell] No difference from the headline is distinguishable{ judged-test }, { $bounded ->
        [yes] { $known ->
            [yes] but differences of up to { $bound } cannot be ruled out, and more than { $tolerance } would matter
           *[no] and the headline has no interval that they could be held against
        }
       *[no] and how large they could be is not known
    }: the check cannot tell.
}
signs = { $signs ->
    [one-sign] the estimates have the same sign
   *[both-signs] the estimates differ in sign, which is an objection only if their difference is
}

## window
window-few = fewer than two windows could be estimated: { $reasons }
window-none = fewer than two windows could be estimated: no row lies beyond them
window = Under { $n } windows the effect runs from { $low } to { $high }; { signs }. { $verdict }

## concentration
concentration-one = The change of the total, { PERCENT($change, sign: "always") }, is that of { $name } alone.
concentration = The total of { treated } changed by { PERCENT($change, sign: "always") }. It rests on { FIXED($effective, decimals: 1) } effective { units }: { $first } makes up { SHARE($first_share) } and { $second } { SHARE($second_share) } of the total without the agreement. Without { $first } the change is { PERCENT($without_first, sign: "always") }, without { $second } { PERCENT($without_second, sign: "always") }.
concentration-average = The row average of log ratios, another target, is { PERCENT($change, sign: "always") }.

## pretrends
pretrends-test = { $test }({ $df }) = { FIXED($statistic, decimals: 2) }, { P($p) }{ $cluster ->
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
pretrends-objects = The { pretrends-effects } different from zero ({ pretrends-test }): treated { units } moved differently before the agreement already.
pretrends = The { pretrends-effects } not distinguishable from zero ({ pretrends-test }); that does not show that trends were parallel.

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
