# Estimates held against other software, and scripts that repeat them elsewhere.

## why a column is not compared, and what another estimand is
no-rows = no row is left by the rules of the column
not-in-data = data.csv does not hold { $what ->
    [covariates] the covariates or weights of this column
    [transform] the totals behind this column's outcome
    [anticipation] the periods of anticipation of this column
   *[dose] the dose of this column
}
own-design = the column has a { $key } of its own, which data.csv does not hold
too-large = { $rows } rows with { $dummies } dummies are too many for a regression on dummies
no-convention = other software clusters by two dimensions at most
no-software = no independent implementation is known in Python
no-option = no other software has this { $option }
seasons = other software does not take out the seasons of quarters and months first
broke = the other software broke off: { $error }
many-weights = The donors reproduce the periods before the agreement exactly, so that many weights fit alike and another solver takes others.
early-stop = Its search for weights stops early, as that of the reference software does, so that digits beyond the third are its own.
first-differences = Changes from period to period, clustered by pair: the effect in the first period after the agreement, where effects grow.
random-effects = Pairs differ at random. { $is_defined ->
    [yes] Hausman's test of equality with fixed effects: { P($p) }.
   *[no] Hausman's test is not defined here: the variances are not in the order that it needs.
}
mundlak = Random effects with the pair's own share of treated periods. Its coefficient is { COMPACT($slope, digits: 3) } ({ P($p) }, clustered); zero would say that random effects do.

## the table in the appendix
absent = other software has not checked these results yet: run twintrade cross-check { $name }
caption = The columns, estimated again by other software
intro = Other software estimated { $columns ->
    [one] the one column
   *[other] the { $columns } columns
} again from data.csv alone. { $agree ->
    [one] One of its numbers is
   *[other] { $agree } of its numbers are
} about the same estimand and { $agree ->
    [one] agrees
   *[other] agree
}; { $differ ->
    [0] none differs
    [one] one differs
   *[other] { $differ } differ
}.
note = Two numbers agree where they differ by less than { COMPACT($tolerance, digits: 1) }, or by less than this share of a number above one. Errors are clustered as in the results; where there is none, other software has none under this convention. Other estimands answer another question and need not agree. { $libraries }.
below = < { COMPACT($tolerance, digits: 1) }
twins = The rows of numpy come from these lines and from nothing else of the program:
head-other-estimate = Again
head-other-error = Again
verdict-agrees = agrees
verdict-differs = differs
verdict-other-estimand = other estimand
verdict-not-compared = not compared

## on the terminal
both = { $what ->
    [error] error
   *[estimate] estimate
} { $stored } and { $other }
line = { $column }, { $software ->
    [none] no software
   *[other] { $software }
}: { $verdict }: { $numbers }{ $note ->
    [none] { "" }
   *[other] { " (" }{ $note })
}
summary = { $name }: { $agree } of { $n } agree; { $apart ->
    [0] none differs
    [one] one differs
   *[other] { $apart } differ
} by more than { COMPACT($tolerance, digits: 1) }
differs = { $column }: { $software } finds { COMPACT($other, digits: 10) } where the results say { COMPACT($stored, digits: 10) }{ $has_error ->
    [yes] , with the error { COMPACT($other_error, digits: 10) } where they say { COMPACT($error, digits: 10) }
   *[no] { "" }
}: report this, for the two must agree

## scripts for R, Stata and Python
no-target = --to is r, stata or python, not { $target }
nothing-to-export = { $name } has no estimated column to repeat
no-counterpart = no counterpart is known there
label-unit = Pair of city and partner
label-outcome = Outcome as analyzed
label-onset = First treated period, 0 for never
label-treated = Treated in this period
