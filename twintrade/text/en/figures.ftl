# What figures say: axes, legends, and each figure in one sentence for who cannot see it.
simulated-data = SIMULATED DATA
effect-on = Effect on { $outcome }, { $scale }
gap-log = Gap, log points
index-before = Index, last period before = 100
index-onset = Index, last period before onset = 100
since-onset = { $period_name ->
    [year] Years
    [wave] Waves
    [quarter] Quarters
    [month] Months
   *[other] Periods
} since onset

## the event study
half-before = Before the agreement
half-after = Under the agreement
half-before-apart = Before: against earlier times
half-after-apart = Under the agreement: against the expected
overall = Overall
pointwise = { SHARE($level) } pointwise interval
simultaneous = { SHARE($level) } simultaneous (sup-t) band
runs-on = arrow: the interval runs on

## paths, placebos and other figures
without-by = without the agreement, by the { $method }
observed = observed
placebo = placebo: the same done to each donor
two-by-two = Two-by-two estimate
population = Population (log scale)
degrees = { FIXED($value, decimals: 0) }°{ $side ->
    [none] { "" }
   *[other] { " " }{ $side }
}
twins = Number of twins
share-found = Share of tests that find it
largest-violation = Largest violation, { $restriction }
original = original
original-interval = original interval
robust-interval = robust to a violation of this size
specifications = { $n ->
    [one] One specification
   *[other] { $n } specifications
}, by size of the estimate (headline: diamond)
date-used = { $date } (used, solid line)
shock = { $shock } (grey)
panel-level = As observed
panel-log = In logs
panel-index = Index
panel-ratio = Double ratio
panel-in = { $panel } ({ $units })

## what a point of a figure says to a reader of the page who asks
point-interval = { $name }: { $value }, interval { $low } to { $high }
point-at = { $series }, { $at }
event-time = Event time { $time }

## figures in one sentence
alt-simulated = { $alt } The data are simulated.
alt-in = { $unit ->
    [none] { "" }
   *[other] { " " }in { $unit }
}
alt-event = Event-study plot for { $outcome }{ alt-in }, { $who }, from { EVENTTIME($first) } to { EVENTTIME($last) } periods around onset{ $before ->
    [none] { "" }
   *[other] ; { $before }
}{ $after ->
    [none] { "" }
   *[other] ; { $after }
}.
alt-estimators = { $n } estimators ({ $names })
alt-before = effects before onset lie between { COMPACT($low, digits: 3) } and { COMPACT($high, digits: 3) }
alt-range-after = from onset on they lie between { COMPACT($low, digits: 3) } and { COMPACT($high, digits: 3) }
alt-path-after = from onset on they go from { COMPACT($low, digits: 3) } at { EVENTTIME($first) } to { COMPACT($high, digits: 3) } at { EVENTTIME($last) }
alt-lines = Line chart with { $n } series ({ $names }){ $has_ends ->
    [yes] ; “{ $name }” goes from { COMPACT($start) } in { $first } to { COMPACT($end) } in { $last }
   *[no] { "" }
}.
alt-first = { $has_first ->
    [yes] , the first from { $first } on
   *[no] { "" }
}
alt-adoption-counts = Chart of treatment by period: at most { $most } of { $n } units are treated at a time{ alt-first }.
alt-adoption = Chart of treatment by unit and period: { $most } of { $n } units are treated{ alt-first }.
alt-placebo = Placebo plot: the treated unit among { $n } untreated ones.
alt-case = Line charts of the observed flow, its path without the agreement and their gap, by the { $method }: { $gaps }.
alt-gap = set { $set }: gap { COMPACT($gap, digits: 3) } log points in { $when }
alt-variants = Forest plot of { $n } effects{ alt-in }, from { COMPACT($low, digits: 3) } to { COMPACT($high, digits: 3) }, beside their differences from the headline, from { COMPACT($least, digits: 3) } to { COMPACT($most, digits: 3) }.
alt-forest = Forest plot of { $n } effects{ alt-in }, from { COMPACT($low, digits: 3) } to { COMPACT($high, digits: 3) }.
alt-sensitivity = Interval plot: the original interval and { $n } wider ones{ alt-in }, the last one { COMPACT($low, digits: 3) } to { COMPACT($high, digits: 3) }.
alt-heat-map = Heat map of effects{ alt-in } for { $n } cohorts by event time, from { COMPACT($low, digits: 3) } to { COMPACT($high, digits: 3) }.
alt-cell-weights = Heat map of the weights of { $n } cells by cohort and event time; { $n_negative ->
    [0] none is negative
    [one] one is negative, { FIXED($negative) }
   *[other] { $n_negative } are negative, { FIXED($negative) } together
}.
alt-bacon = Scatter plot of { $n } two-by-two estimates against their weights, by type of comparison.
alt-weights = Bar chart of the weights of { $n } donors; the largest is { $name } with { FIXED($share, decimals: 2) }.
alt-curve = Specification curve of { $n } estimates{ alt-in } in ascending order, from { COMPACT($low, digits: 3) } to { COMPACT($high, digits: 3) }.
alt-twins = Scatter plot of the number of twins against population for { $n } cities; twins run from { $low } to { $high }.
alt-map = Map of { $n } agreements as lines between { $places } places, on a grid of longitude and latitude without outlines of countries.
alt-bars = Bar chart of { $n } counts; the largest is { $name } with { $count }.
alt-power = Line chart of the share of tests that find an effect{ alt-in }: { SHARE($first_share, decimals: 1) } at { COMPACT($first, digits: 3) }, { SHARE($last_share, decimals: 1) } at { COMPACT($last, digits: 3) }.
