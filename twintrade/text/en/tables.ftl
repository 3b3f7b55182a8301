# Rows, heads and cells of the page's tables.
yes = Yes
no = No
further-rows = { $n ->
    [one] One further row stands in the CSV.
   *[other] { $n } further rows stand in the CSV.
}

## the ladder
specification = Specification
change = Change, percent
open-end = open
no-bound = none
check = Check or variant
change-short = Change, %
interval-short = Interval, %
difference = Difference
bound = Bound
power-short = Power, %
variant = { "   " }{ $name }
other-variants = { "   " }{ $n ->
    [one] one other
   *[other] { $n } others
}
log-points = Effect, log points
p = p
observations = Observations
treated-rows = Treated rows in the effect
mean-before = Mean before
against = Measured against
zeros = Zero outcomes
separated = Separated rows left out
singletons = of which singletons
lost-rows = Treated rows not used
lost-units = Treated units without trade before
negative-weights = Share of negative weights
outcome-in = Outcome in
effect-in = Effect in
comparison = Comparison
base = Pre-period base
reference-period = Reference period
size-studied = Size of the test studied
size-not-studied = Not studied
star = { $mark } p ≤ { $bound }

## effects by event time and by inference
event-time = Event time
estimate = Estimate
critical-value = Critical value of the simultaneous interval
joint-test = Joint test
joint-p = Joint test before, p
interval = { SHARE($level) } interval
reference = reference
inference = Inference
reported = { $inference } (reported)

## inputs and messages
simulated-input = { $reading }, simulated
simulated-alone = simulated

## the register
all = All
no-status = no status
no-period = no period
dated = { $date } { $when }
ended = { $dates }; ended { $when }
undated-more = { $names }; and { $n } more in twinnings.csv
