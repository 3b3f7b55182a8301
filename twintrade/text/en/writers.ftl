# What the formats of a page say by themselves.
table = Table { $n }
figure = Figure { $n }
numbered = { $what }. { $caption }
skip = Skip to the content
brief = Brief
appendix = Appendix
update-fields = Pages: select the list and press F9.
contents = Contents
points = { $figure }: its points; the arrow keys go from one to the next
copy = Copy table
copied = Copied

## the closer look in the browser
view-no-script = The closer look needs JavaScript; figures and tables hold the same numbers.
view-note = Nothing is estimated here: every number is one of the results, and each mark names its file and row.
view-methods = Methods, each with its overall effect: choose up to three
view-full = Three methods are chosen. Untick one to choose another.
view-answer = { $change ->
    [none] the answer
   *[other] page 1: { $change } against pairs as large and growing
}
view-intervals = Lines show
view-chart = Effects by time since the agreement; the arrow keys go from mark to mark
view-hint = Point at, tap or tab to a mark for its numbers; the arrow keys go on from there.
view-missing = The inference of these methods does not provide this interval: marks without lines.
view-base = { $base ->
    [universal] all against one reference time
    [varying] before: each time against the one before it
    [mean-before] all against the mean before
    [none] against the expected at every time
   *[other] before: against earlier times; under the agreement: against the expected
}
view-times = { $times }; second row: number of pairs
view-mark = { $label }. { $said }
view-value = { $value } { $scale }
view-said = { $time ->
    [none] Overall
   *[other] Event time { $time }
}: { $state ->
    [reference] reference, zero by definition
    [bare] { $value }, no such interval from this inference
    [simultaneous] { $value }, { SHARE($level) } simultaneous band { $range }
   *[pointwise] { $value }, { SHARE($level) } interval { $range }
}; { $n ->
    [one] one treated pair
   *[other] { $n } treated pairs
}
view-pairs = Who makes the difference
view-pairs-note = Untick a pair to leave it out of the total. The sums of the others are added up again; nothing is estimated. { $power ->
    [9] Billion { $unit }
    [6] Million { $unit }
    [3] Thousand { $unit }
   *[0] { $unit }
} over { $periods } { periods } under an agreement.
view-whole = for all { $n } pairs{ $range ->
    [none] { "" }
   *[other] , { SHARE($level) } range { $range }
}
view-some = for { $k } of { $n } pairs. This total has no range: that would have to be estimated anew.
view-none = Every pair is left out.
view-expected = Expected without agreements
view-observed = Observed
view-pair-said = { $name }: observed { $observed }, expected { $expected }{ $change ->
    [none] { "" }
   *[other] , { $change }
}
view-csv-points = Download these effects (CSV)
view-csv-pairs = Download these pairs (CSV)
view-address = Copy the address of this view
view-reset = Back to the answer
