# The brief: two pages that anyone can read.
title = { $question } { $answer }
observed = Observed
question = Did { $outcome } change after the { $n ->
    [one] agreement
   *[other] agreements
}?
answer = { $grade ->
    [strong] Strong evidence of { $direction ->
        [fall] a fall
       *[rise] a rise
    }
    [some] { $by ->
        [placebos] This pair stands out by
       *[deals] Some evidence of
    } { $direction ->
        [fall] a fall
       *[rise] a rise
    }
    [small] { $direction ->
        [fall] A fall
       *[rise] A rise
    }, too small to matter
    [nothing] No change that matters
   *[cannot] { $n ->
        [one] One pair cannot tell us
       *[other] { $n } pairs cannot tell us
    }
}{ $found ->
    [never] ; { $falls ->
        [yes] only a fall of { $fall } or more
       *[no] no change, however large,
    } would stand out four times in five
    [large] ; only { $falls ->
        [yes] a fall of { $fall } or a rise of { $rise }
       *[no] a rise of { $rise }
    } or more would stand out four times in five
   *[small] { "" }
}
deck = { $reading ->
    [chance] { $against ->
        [alike] Compared with pairs as large and growing, { $traded }
       *[expected] { $outcome }
    } of { $n ->
        [one] the pair
       *[other] the { $n } pairs
    } stood { $against ->
        [alike] { $direction ->
            [fall] lower
           *[rise] higher
        }
       *[expected] { $direction ->
            [fall] below
           *[rise] above
        } what other trade leads one to expect
    }, but chance alone could explain the gap.
    [unknown] { $outcome } of { $n ->
        [one] the pair
       *[other] the { $n } pairs
    } stood { SIZE($size) } { $direction ->
        [fall] below
       *[rise] above
    } what other trade leads one to expect. Whether chance alone could explain the gap is not known.
    [graded] Compared with pairs as large and growing as { $n ->
        [one] this one, { $traded } of the pair
       *[other] these, { $traded } of the { $n } pairs
    } stood { SIZE($size) } { $direction ->
        [fall] lower
       *[rise] higher
    }. These data do not show why.
    [outstanding] Of { $of } pairs { $is_first ->
        [yes] this one moved farthest: its
       *[no] few moved as far as this one, whose
    } { $traded } stood { SIZE($size) } { $direction ->
        [fall] below
       *[rise] above
    } what other trade leads one to expect. These data do not show why.
    [unconfirmed] By the declared method few pairs moved as far as this one; other methods, donors or checks do not bear that out.
    [apart] The difference is not chance. Whether it is the agreements, these data cannot tell.
    [small] By the measure that the analysis file declares, { $range } is too little to matter.
    [nothing] Changes above { PERCENT($ruled, decimals: 0) } are ruled out, which is less than the analysis file declares to matter.
    [points] The estimate points { $direction ->
        [fall] downward
       *[rise] upward
    }, by { SIZE($size) }{ $objects ->
        [yes] , but a check objects to it
       *[no] , but the claim is not settled by it
    }.
   *[decided] { $outcome } of { $n ->
        [one] the pair
       *[other] the { $n } pairs
    } stood { SIZE($size) } { $direction ->
        [fall] below
       *[rise] above
    } what other trade leads one to expect, further than chance alone would explain. These data do not show why.
}
deck-none = The estimate is no change in percent.
byline = { $title } · data { $first } to { $last }{ $status ->
    [simulated] , simulated
   *[published] , as published
}

## the strip
key-percent = { $outcome }, against { $against ->
    [alike] pairs as large and growing
   *[expected] those expected
}
key-money = In money, { $n ->
    [one] a
   *[other] all pairs together, a
} { $period_name ->
    [year] year
    [wave] year
    [quarter] quarter
    [month] month
   *[other] period
}{ $first ->
    [none] { "" }
   *[other] { $times ->
        [one] { "" }
       *[other] , on average over the { $times } { periods } from { $first } on
    }
}
key-verdict = Did { $outcome } change?
signed = { CHANGE($percent) }
place-within = { $state } ({ $place })
place-in = { $place }, { $country }
amount = { QUANTITY($value, $unit) }
range-alone = what the data cannot exclude
no-range = no range from this method
range = { $open ->
    [high] { $low } or more
    [low] up to { $high }
   *[none] { $low } to { $high }
}
spread = { SHARE($level) } range: { $range }
verdict = { $grade ->
    [cannot] The data cannot tell whether { $outcome } changed.
   *[other] { $answer }.
}
grade = { $direction ->
    [neither] { $grade ->
        [nothing] No change that matters
       *[cannot] Cannot tell
    }
   *[rise] { $direction ->
        [fall] A fall
       *[rise] A rise
    }{ $grade ->
        [strong] : strong evidence
        [some] : some evidence
        [small] , but small
       *[none] { "" }
    }
}

## the four texts
asked = What was asked
who = { $n ->
    [one] { $is_all ->
        [yes] One pair signed its first dated agreement, counted from { $first }
       *[no] { $named ->
            [case] One pair is examined, its agreement counted from { $first }
           *[no] { $dated } pairs signed a first dated agreement; one of them is in the estimate, counted from { $first }
        }
    }
   *[other] { $is_all ->
        [yes] { $n } pairs signed a first dated agreement, counted from { $first } to { $last }
       *[no] { $dated } pairs signed a first dated agreement; { $n } of them are in the estimate, counted from { $first } to { $last }
    }
}{ $named ->
    [case] : { $names }
    [yes] , among them { $names }
   *[no] { "" }
}.
against = What { $treated ->
    [one] it
   *[other] they
} traded is measured against { $n ->
    [one] one pair that has
   *[other] { $n } pairs that have
} none on record.
left-out = Not in the estimate, because { $why ->
    [nothing] no { period } has a figure
    [before] no { period } before the agreement has a figure
   *[other] nothing comparable says what to expect of them
}: { $names }{ $all ->
    [yes] { "" }
   *[no] { " " }(the treatment register of the appendix has all of them)
}.
tried = This is one of { $n } designs of the question that were tried: other outcomes, dates, comparisons or methods.
guesses = { $n ->
    [one] { $n } line of the analysis file is still a guess that nobody has confirmed; the appendix lists it.
   *[other] { $n } lines of the analysis file are still guesses that nobody has confirmed; the appendix lists them.
}
happened = What happened
told = Counted over the { $n } pairs, { $rows } { $is_all ->
    [yes] { periods } have passed under an agreement
   *[no] of { $of } { periods } under an agreement can be compared with what was expected
}. In them { $outcome } came to { $observed }; { $expected } were expected.
told-pair = { $name }: { $gap } { $side ->
    [short] less
   *[ahead] more
} than expected.
told-rise = After the agreement { $outcome } stood { SIZE($size) } above those expected without it ({ $range }).
told-fall = After the agreement { $outcome } stood { SIZE($size) } below those expected without it ({ $range }).
told-nothing = No change is stated.
diverted = In a model in which every place sells one variety of its own, { diverted-share } of the { $direction ->
    [rise] rise
   *[fall] fall
} { $along ->
    [yes] comes on top in trade with the { diverted-cities } other partners
   *[no] { $direction ->
        [rise] is diverted from
       *[fall] goes to
    } the { diverted-cities } other partners
}.
diverted-share = { $point ->
    [yes] about { PERCENT($low, decimals: 0) }
   *[no] between { PERCENT($low, decimals: 0) } and { PERCENT($high, decimals: 0) }
}
diverted-cities = { $n ->
    [one] city's
   *[other] cities'
}
believe = How sure are we?
weigh = { $n ->
    [0] { "" }
    [one] One reason weighs most.
   *[other] Two reasons weigh most.
}
reason-objects = { $n ->
    [one] A check objects
   *[other] { $n } checks object
}: { $names }. Something other than the agreement may have moved trade, or the change depends on a choice that they vary.
reason-chance = { $by ->
    [randomization] Chance alone can do this: a difference as large arises in { $of } of 100 random assignments of the agreements to pairs.
    [placebo] Chance alone can do this: pairs without an agreement differ as much in { $of } of 100 cases.
   *[other] Chance alone can do this: a difference as large arises { $of } times in 100 where agreements do nothing.
}
reason-no-range = The change has no range, so it cannot be distinguished from zero{ $why ->
    [draws] : in { $n } of { $draws } random assignments of the agreements to pairs it cannot be calculated
   *[inference] { "" }
}.
reason-methods = The sign depends on the question: { $n } estimates run from { CHANGE($low) } to { CHANGE($high) }{ $turned ->
    [0] { "" }
   *[other] , and the sign turns { $named }
}.
turned = { $label } ({ CHANGE($percent) })
reason-largest = One pair carries the result: { $name }, makes up { SHARE($share) } of the trade of all.
reason-few = Few pairs carry the result: { $n }.
reason-unseen = { $n } of { $of } checks were too weak to detect a problem.
graded-blocked = { $why ->
    [row-average] The average pair does not show it clearly.
    [largest] It is not clear without the largest pair.
    [one-pair] It is not clear without one of the pairs.
    [sign] The total, the average pair and the total without one pair do not point the same way.
    [before] In the two { periods } before, trade already differed from what was expected.
    [trend] Over the { periods } before, trade was already moving.
    [carried] If the trend of the { periods } before went on, it would explain a change this large.
    [equivalence] The { periods } before leave open how far trade had moved already.
    [unseen] The { periods } before are too few to see whether trade was moving already.
    [undated] The direction depends on the pairs whose agreements have no date.
    [few-pairs] Fewer than five pairs give some evidence at most.
    [at-risk] Too few other pairs could have signed for a grade.
    [deals] There are too few ways to assign the agreements for a grade.
    [short] Fewer than four { periods } before the agreement give no p-value.
    [floor] With { $n } pairs to rank, this one among them, no p-value can be as small as 0.05.
    [second] No other method finds the move as rare.
    [readings] Not all methods and sets of donors point the same way.
    [objects] A check objects.
    [dates] Other dates of the same agreements show less.
    [columns] With another date or other comparison pairs the evidence is weaker.
   *[tries] Other designs of the question were tried, and nothing was fixed beforehand.
}
graded-pairs = { $n } of { $of } pairs that could have signed did; by their trade they count as { $effective ->
    [one] one pair
   *[other] { $effective } equal pairs
}.
graded-chance = Chance alone can do this: a change as large arises in { $of } of 100 assignments of the agreements to pairs that could have signed.
graded-total = Against what other trade leads one to expect, the change is { CHANGE($total) }{ $largest ->
    [yes] ; without the largest pair, { $name }, which makes up { SHARE($share) } of expected trade, it is { CHANGE($without) }
   *[no] { "" }
}. Pairs as large and growing, without an agreement, come to { CHANGE($ordinary) }.
graded-method = { $method } { CHANGE($percent) } ({ P($p) })
graded-ranked = Ranked among { $n } pairs, each over the noise of pairs of its size: { $methods }.
graded-other = { $outcome }, asked about as well: { $answer } ({ CHANGE($percent) }, { P($p) }).
graded-holm = With { $n } outcomes p-values and ranges are Holm’s, so that any false answer is no likelier than with one.
graded-gamma = The test would still reject no effect if pairs that later { $direction ->
    [fall] fell
   *[rise] rose
} had been up to { FIXED($times, decimals: 1) } times likelier to sign.
found = { $which ->
    [both] A rise of { $rise } or a fall of { $fall } would have been called evidence four times in five
    [rise] A rise of { $rise } would have been called evidence four times in five, and no fall{ $planted ->
        [yes] { " " }of up to { $fall }
       *[no] , however large
    }
    [fall] A fall of { $fall } would have been called evidence four times in five, and no rise{ $planted ->
        [yes] { " " }of up to { $rise }
       *[no] , however large
    }
   *[none] { $planted ->
        [yes] No rise of up to { $rise } and no fall of up to { $fall }
       *[no] No change, however large,
    } would have been called evidence four times in five
}.{ $overstates ->
    [yes] { " " }Where so large a change is needed, a page that reports evidence overstates the change.
   *[no] { "" }
}
unasked = Checks not asked for: { $names }.
calibrated = { $n } placebo registers of pairs without an agreement were judged by this rule, with fewer draws and without the undated pairs: { $any ->
    [yes] { PERCENT($false, decimals: 1) } were
   *[no] none was
} called evidence of a change.
printed = Where such a { $direction } is called evidence, the page prints { FIXED($times, decimals: 1) } times the true change in the median.
calibration-stale = A calibration is on file for other data, another design or another version, and is not quoted{ $case ->
    [yes] . One pair is ranked without one: remove calibrations/{ $name }.csv.
   *[no] : twintrade calibrate { $name } makes a new one.
}
reason-range-clear = The whole range, { $range }, lies { $side } zero.
reason-no-objection = Of { $n } checks none objects: { $seen } find nothing wrong, { $weak } are too weak to say.
reason-verdict = { $of ->
    [one] The other range
   *[other] { $all ->
        [yes] All { $of } other ranges
       *[no] { $n ->
            [one] One of the { $of } other ranges
           *[other] { $n } of the { $of } other ranges
        }
    }
} { $n ->
    [one] { $side ->
        [none] includes
       *[other] excludes
    }
   *[other] { $side ->
        [none] include
       *[other] exclude
    }
} zero{ $side ->
    [none] { "" }
    [above] , above it
    [below] , below it
   *[both] , on both sides of it
}: by another method, or of another average. This page answers by the headline, which the analysis file names.
reading-hidden = If { SHARE($share) } of the pairs taken as comparison had begun an agreement that nobody recorded, the change would be { CHANGE($percent) }.
reading-covered = If the register holds { SHARE($coverage) } of all agreements, { SHARE($share, decimals: 1) } of the pairs taken as comparison began one within these data that nobody recorded, and the change would be { CHANGE($percent) }.
reading-bounds = If trends parted after the agreements as much as they did at most before, it would { $point ->
    [yes] be { CHANGE($low) }
   *[no] lie between { CHANGE($low) } and { CHANGE($high) }
}.
reading-unbounded = If trends parted after the agreements as much as they did at most before, the data set no limit to the change.
reading-average = The average of the pairs' own changes, large and small pairs counting alike, is { CHANGE($percent) }.
reading-singles = Taken one by one, the { $n } pairs changed by { CHANGE($low) } to { CHANGE($high) }; the random-effects mean of their changes is { CHANGE($percent) }.
reading-always = With the pairs that had an agreement from the beginning as comparison it is { CHANGE($percent) }.
reading-policies = In pairs and years without any other policy that was dated it is { CHANGE($percent) }.
reading-conditional = Compared only with pairs whose trade grew as fast before any agreement, it is { CHANGE($percent) }.
needed = What would be needed to know
detectable = Only a change of { $size } or more would have been found four times in five{ $has_money ->
    [yes] : { $value } a { money-period } for all pairs together{ $first ->
        [none] { "" }
       *[other] , on average from { $first } on
    }
   *[no] { "" }
}.
detectable-more = Even a change of { PERCENT($size, decimals: 0) } would not have been found four times in five.
need-range = { $why ->
    [draws] First of all a range for the change. It takes pairs with figures in more { periods }, so that the change can be calculated for other assignments of the agreements too, or an inference that does not assign agreements anew
   *[inference] First of all a range for the change, from an inference that gives one for this method
}.
detectable-unknown = How large a change must be to be noticed is not known from these data.
date-them = A first step is to date the agreements of the { $n } pairs that had to be set aside.

## the pairs
pairs = The { $n } pairs, by the size of expected { $outcome }
pairs-name = Pair
pairs-since = Since
pairs-times = { $period_name ->
    [year] Years
    [wave] Waves
    [quarter] Quarters
    [month] Months
   *[other] Periods
}
pairs-difference = Difference
difference = { FIXED($value, decimals: 1, sign: "always") }
pairs-note = Observed and expected: { $power ->
    [9] billion { $unit }
    [6] million { $unit }
    [3] thousand { $unit }
   *[0] { $unit }
} a { money-period }, on average under the agreement.
pairs-times-note = The table counts and averages { periods } under the agreement that can be compared; { $n } more of these pairs cannot.
pairs-more = { $n } further pairs are in the file of this table.
limits = What this cannot say
data = Data and citation
sources = Data: { $names }.
cited-authors = { $authors }{ $date ->
    [none] { "" }
   *[other] { " " }({ $date })
}:{ " " }
cite = Cite as: { $authors }“{ $title }”, brief with statistical appendix, twintrade { $version }.

## the pictures
picture-totals = { $outcome } of the { $n } pairs: observed, and expected without agreements
picture-case = The pair’s { $outcome }: observed, and expected without the agreement
picture-methods = { $n } estimates{ $all ->
    [yes] { "" }
   *[no] { " " }of { $of }, the farthest among them
}{ $zero ->
    [all] : every range includes zero
   *[some] { "" }
}
powers = 9 6 3
axis-money = { $power ->
    [9] billion
    [6] million
    [3] thousand
   *[0] { "" }
} { $unit }{ $is_index ->
    [yes] { "" }
   *[no] { " " }a { money-period }
}
expected = Expected without agreements
chance = Range that chance allows
line-begins = Dashed line: the agreement
in-force = Pairs compared under an agreement
percent = Percent
totals-note = Pairs that have no agreement yet are expected to trade what they did.{ $band ->
    [yes] { " " }Range: by { $inference }; it continues beyond the frame.
    [alone] { " " }Range: of each { period } by itself, by { $inference }; the change over all { periods } has none.
   *[no] { " " }This inference gives no range by { period }.
}{ $outside ->
    [none] { "" }
   *[other] { " " }In { $outside } the observed lies outside it.
}
against-alike = Against pairs as large and growing
methods-note = { $ranged ->
    [0] No estimate has a range
   *[other] Lines: { SHARE($level) } ranges; an arrow marks one that continues{ $bare ->
        [0] { "" }
        [one] ; one has none
       *[other] ; { $bare } have none
    }
}{ $bare ->
    [0] { "" }
   *[other] { $why ->
        [case] { " " }(only the declared method gives one)
        [left] { " " }(not estimated anew)
       *[other] { "" }
    }
}. The square is the answer of this page.
group-total = The total of the pairs
group-pair = A pair, large or small alike
group-case = This pair
group-who = Who carries the total
group-compared = Compared otherwise
row-total = against what other trade leads one to expect
row-without = without { $name }
row-hidden = if { SHARE($share) } of the others had signed
row-covered = if the register holds { SHARE($coverage) } of agreements
row-average = average of the pairs' own changes
row-policies = without any other policy in force
row-always = against pairs with an agreement from the start
row-conditional = against pairs that grew as fast
row-singles = mean of { $n } pairs, one by one
totals-alt = Lines of observed and expected { $outcome } from { $first } to { $last }; in { $last } { $observed } observed, { $expected } expected.
methods-alt = { $n } estimates of the change in percent, from { CHANGE($low) } to { CHANGE($high) }{ $ranged ->
    [0] { "" }
   *[other] , { $ranged } of them with { SHARE($level) } ranges
}.
index = index, last period before the agreement = 100
case-note = Expected: from series without an agreement. Grey dots: every method and comparison.
all-estimates = All estimates
picture-path = { $outcome } by { period } since the agreement, against those expected
path-note = Change in percent{ $ranged ->
    [yes] { " " }with its { SHARE($level) } range
   *[no] { "" }
}; below the axis, the number of pairs.{ $ranged ->
    [yes] { "" }
   *[no] { " " }This inference gives no range by { period }.
}
since = { $period_name ->
    [year] Years
    [wave] Waves
    [quarter] Quarters
    [month] Months
   *[other] Periods
} since the agreement; below, number of pairs
excluded = excluded
not-excluded = cannot be excluded
expected-total = Expected
other-pairs = { $n } other pairs
picture-range = What the data exclude and what they do not: { SHARE($level) } range
range-alt = A bar of changes from a fall to a rise; { $low ->
    [none] no fall
   *[other] what lies below { $low }
} and { $high ->
    [none] no rise
   *[other] what lies above { $high }
} is excluded at { SHARE($level) }; the estimate is { CHANGE($percent) }.
range-note = White line: the estimate; dark line: no change.{ $has_money ->
    [yes] { " " }Money: a { money-period }{ $n ->
        [one] { "" }
       *[other] , all pairs together
    }.
   *[no] { "" }
}{ $marked ->
    [yes] { " " }The arrow marks the rise that is found four times in five, { PERCENT($found, decimals: 0, sign: "always") }.
   *[no] { "" }
}
picture-gap = Who makes the gap
gap-note = { $power ->
    [9] Billion { $unit }
    [6] Million { $unit }
    [3] Thousand { $unit }
   *[0] { $unit }
} over { $periods } { periods } under an agreement.{ $cut ->
    [yes] { " " }Bars are cut at the left.
   *[no] { "" }
}
gap-alt = Bars from { $expected } expected to { $observed } observed; the largest difference is that of { $name }, { $gap }.
picture-placebo = The pair among { $n } without an agreement
placebo-note = Each line: the gap between a pair and what was expected of it.
picture-weights = Whom it is compared with: { $n } largest weights
singles = The { $n } pairs, one by one
singles-change = Change
singles-range = 95% range
singles-note = Each pair ranked among all pairs, with p and range adjusted for their number by Holm.
endless = open at both ends
described = No effect is estimated
shown = What the data show
