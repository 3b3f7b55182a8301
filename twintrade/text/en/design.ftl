# What a design is made of.

## who is compared, for "would have moved like …"
never-treated = { units } that are never treated
not-yet-treated = { units } not yet treated at that time
column-no-dummy = treatment.column = { $column }: { $n } rows are neither 0 nor 1 (first: { $first }); give a column of zeros and ones
backdated-out = backdated({ PLAIN($periods) }) moves every onset out of the panel, which goes from { $first } to { $last }; give at most { PLAIN($longest) }
column-ends = treatment.column = { $column }: the treatment ends in { $n } rows (first: { $first }); give the agreements in a register, with the date of their end, or estimate from Python with treated=
donors = the donors
donors-of-city = { $city }'s flows to other destinations
donors-to-partner = other cities' flows to { $partner }
donors-all = every untreated flow of the table

## the same in a row of a table
label-never-treated = never treated
label-not-yet-treated = not yet treated
label-with-treated = not yet treated, and treated already
with-treated = Compared also with { units } treated already, since onsets differ.
label-donors = { $n ->
    [one] { $n } donor
   *[other] { $n } donors
}

## fixed effects
effect-unit = unit
effect-dyad = dyad
effect-period = { period }
effect-city = city
effect-partner = partner
effect-city-period = city × { period }
effect-partner-period = partner × { period }
effect-border-period = border × { period }
effect-size-period = third by size × { period }
effect-growth-period = third by growth × { period }
no-growth-before = growth before the first agreement needs two periods before it
signing-few = weights by the odds of signing need { $least } agreements, and there { $n ->
    [one] is one
   *[other] are { $n }
}
no-strata = the panel has no strata for { $effect } effects; call add_strata on the design first
effect-cohort = cohort
effect-undirected-pair = undirected pair
effect-columns = { $names }

## nobody treated
untreated = no { unit } is treated within the sample{ $n ->
    [0] { "" }
   *[other] ; left out are { $left_out }
}
left-out = { $what } ({ $names })

## no row left
no-row = no row is left: { $dropped }
rows-left-out = { $n } { $what }
no-donor = { $unit } has no donor among { $among }: { $excluded }
no-candidate = { $unit } has no donor among { $among }: there is no candidate

## rows left out, behind their number
dropped-undated = rows of units with an agreement whose date is not known: neither treated nor comparison
dropped-unmatched = rows of units with an agreement that could not be matched: neither treated nor comparison
dropped-other-kind = rows of units with another kind of agreement alone: neither treated nor comparison
dropped-excluded = rows of units excluded: { $reason }
always-compared = { $n } { $n ->
    [one] pair treated
   *[other] pairs treated
} from the first period on count as comparison, which assumes that what { $n ->
    [one] its agreement does
   *[other] their agreements do
} no longer changes.
dropped-always-treated = rows of units treated in or before their first period: no period before
dropped-no-figure-before = rows of units with no usable figure before their onset: treated in every row that enters
dropped-missing-outcome = rows without an outcome
dropped-infinite-outcome = rows with an infinite outcome
dropped-missing-covariate = rows with a missing covariate
dropped-no-weight = rows whose weight is not positive
dropped-negative-under-log = rows with a negative outcome, which has no logarithm
dropped-zero-under-log = rows with a zero outcome, which has no logarithm
one-period = the files hold one { $period_name } alone, { $period }: an effect needs figures before and after the agreement
dropped-domestic = rows of a country with itself: domestic sales
dropped-remainder = rows of partners kept for totals only: a remainder without rows of their own
dropped-aggregate = rows of partners that are several countries
dropped-negative-share = rows with a negative outcome, which is no share of a total
dropped-no-total = rows whose { $of ->
    [city] city
   *[partner] partner
} has no positive total in the period
dropped-no-base = rows of units without a positive figure in { $base }, the base of the index
dropped-gap = rows of units that miss a period of the treated unit
dropped-treated-gap = rows of periods in which a treated unit is not observed

## what an outcome is measured in
of-total = of the { $of ->
    [city] city's
   *[partner] partner's
} total
shares-of-total = shares { of-total }
index = an index ({ $base } = 100)
index-points = points of { index }

## why a unit is no donor, behind a number
donor-always-treated = treated in or before the first period
donor-treated = treated within the sample
donor-aggregate = the partner is an aggregate of countries
donor-not-in-design = left out of the design already
donor-too-few-positive = positive in too few of the treated unit's periods
excluded-for = { $n } { $why }

## how dates become onsets
rule = { $parts }.
rule-first_agreement = A pair counts as treated from its first agreement
rule-nth_agreement = A pair counts as treated from its agreement number { $n }
rule-dose = A pair's dose is its number of agreements in force, and it counts as treated from the first
rule-levels = A pair's level is the highest kind of agreement in force, in the order given, and it counts as treated from the first
rule-dates = the date taken is { $dates }
rule-date = “{ $name }”
rule-else = else “{ $name }”
levels-without-kinds = treatment rule "levels" needs the kinds of agreement as kinds = [...], the lowest level first
rule-kinds = only { $kinds } count
rule-late = in month { $month } or later it counts from the next year
rule-vague = a date known only by its year counts from { $years ->
    [0] that year
   *[other] { $years } year later
}
rule-undated-link = an undated link excludes a pair whose agreements are all from within the sample
rule-step = one { period } in { $step } is observed, and an agreement of the { periods } between counts from the next observed { period }
onset-by-column = the treatment is the column { $name }, 0 or 1 by row
onset-as-given = onset as given
onset-by-dose = onset is the first change of the dose

## agreements
flag-undated-link = other undated link exists
flag-before = treated before the sample
flag-after = after the sample
register-lists-them = { $units }; the register lists them
message-treated-with-undated-link = { $n ->
    [one] { $n } treated unit has
   *[other] { $n } treated units have
} another link without a date; the first dated agreement makes the onset: { $units }
units-are = { $n ->
    [one] { $n } unit is
   *[other] { $n } units are
}
message-undated-excluded = { units-are } linked without a date: neither treated nor comparison: { $units }
message-bounded-excluded = { units-are } linked since a date known only within bounds inside the sample: neither treated nor comparison; the check dates, if asked for, bounds their effect: { $units }
message-other-kind-excluded = { $n ->
    [one] { $n } unit has
   *[other] { $n } units have
} only agreements of kinds that do not count here: neither treated nor comparison: { $units }
message-other-event-excluded = { units-are } moved by another named event: in no comparison: { $units }
message-treated-after-sample = { units-are } treated after the last period: not yet treated within the sample: { $units }
message-year-precision = { $n ->
    [one] { $n } treated unit has
   *[other] { $n } treated units have
} a date known only by its year: { $units }
message-other-date = { $n ->
    [one] { $n } { unit } counts
   *[other] { $n } { units } count
} from another date than “{ $wanted }”, as none is known (treated within the sample: { $n_treated }): { $named }
message-between-observed = { $n ->
    [one] { $n } unit has
   *[other] { $n } units have
} an agreement that falls between two observed { periods } and counts from the later one: { $units }
undated-vague = { $unit }, known only as { $date } in a panel of { periods }
bounds-crossed = the agreement of { $city } with { $partner } is not before { $first } and not after { $last }: correct one of the two dates
undated-refused = { $n ->
    [one] { $n } unit has
   *[other] { $n } units have
} an agreement whose date is not known (first: { $first }); they cannot be a comparison. Find the dates, or leave these units out with undated = "exclude" under each [[data.twinnings]] of the analysis file, or with undated="exclude" in a call of compare.
name-meant = { $agreement }: is { $near } meant?
misspelt = { $n ->
    [one] { $n } agreement names
   *[other] { $n } agreements name
} a city or partner that is not in the panel, though one of nearly that name is: { $agreements }{ $all_named ->
    [yes] { "" }
   *[no] .
} Until it is clear, { $n ->
    [one] the pair of that name takes
   *[other] the pairs of those names take
} no part. Correct the name, or say which it is under city_names or partner_names
agreement-outside-panel = { $n ->
    [one] { $n } agreement concerns
   *[other] { $n } agreements concern
} no unit of the panel: { $agreements }; a run lists them in payloads/agreements_outside_panel.csv
unknown-city = { $n ->
    [one] { $n } agreement names
   *[other] { $n } agreements name
} a city that the trade table does not have: { $agreements }. { $other ->
    [none] { "" }
   *[other] { $other } stands in other letters than the cities of the table ({ $city } …), so that no names could be compared.{ " " }
}If the table has it under another name, its pair counts here as never treated: say so under city_names. A run lists them in payloads/agreements_outside_panel.csv
policy-unnamed = a policy has no name: give it one, as tables call it by that
policy-later = { $name } begins in no unit by { $last }, the last period of the panel, and changes nothing: check its dates
policy-by-partner = { $name } is dated by partner, and the units are cities; give its dates by city, or set design.unit = "dyad"
policy-vague = { $name } of { $what } is dated { $date }, which is too vague for the periods of the panel: add the month
policy-near = { $name } may be { $near }
policy-misspelt = { $name } names cities that the panel does not have: { $names }; correct them, or say which they are under city_names
policy-outside = { $name }: { $n } of { $n_rows } rows concern no unit of the panel
no-index-base = index_base { $base } is no period of the panel, which has { $first } to { $last }

## words of an option
word-meant = did you mean { $words }?
words-known = known: { $words }
word-refused = { $option } is { $known }, not { $given }

## a panel and a design in one line
panel-empty = Panel: no rows
panel-shown = Panel: { $n } { $units ->
    [city] cities
   *[pair] pairs of city and partner
}, { $first }–{ $last }{ $waves ->
    [0] { "" }
   *[other] { " " }in { $waves } waves
}, { $n_rows } rows; columns { $columns }
design-shown = Design: { $outcome } in { $measure }; { $sample }; { $effects }; window { $window }
units-compared = { $n } { units } compared, { $n_treated } treated{ $n_out ->
    [0] { "" }
   *[other] ; left out: { $left_out }
}
units-left-out = all rows of { $n } { $n ->
    [one] { unit }
   *[other] { units }
} ({ $what })
preset-effects = { $name } effects

## tables of cohorts
sums-incomplete = the table of sums needs exactly one finite row per cohort and period (first: cohort { $cohort }, period { $period })
sums-too-many = the table of sums needs exactly one finite row per cohort and period
sums-uneven = cohort { $cohort } has { $n_first } units in { $first } and { $n_other } in { $other }: cohort statistics need units observed in every period; leave out those with gaps, or give the rows
no-further-outcome = the check { $check } names “{ $outcome }” under others, which no trade table has; it can be one of { $known }: correct it, or add the table
summary-group = { $is_treated ->
    [yes] treated from { $since }
   *[no] comparison
}
summary-left-out = left out: { $what }
split-years = column { $column } holds years that span two ({ $cell }): each counts as its first; where these are months set frequency="month"
waves-of-years = periods = "waves" is for years, and the frequency is { period }; remove it
not-numeric = column '{ $column }' ({ $dtype }) is not numeric: { $error }; write frame["{ $column }"].str.replace(",", "").astype(float) if these commas part thousands
