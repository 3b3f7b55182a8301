# What the formats of a page say by themselves.
table = Table { $n }
figure = Figure { $n }
numbered = { $what }. { $caption }
skip = Skip to the content
brief = Brief
appendix = Appendix
list-of-tables = Tables
list-of-figures = Figures
update-fields = Pages: select a list and press F9.
contents = Contents
points = { $figure }: its points; the arrow keys go from one to the next
copy = Copy table
copied = Copied

## the interactive event study
view-estimator = Estimator
view-interval = Interval
view-download = Download these numbers (CSV)
view-chart = Event-study plot; tab reaches each point
view-no-script = This view needs JavaScript; the figures and tables hold the same numbers.
view-hint = Move over a point, or tab to it.
view-missing = This inference does not provide this interval; points only.
view-treated = { $n ->
    [one] one treated unit
   *[other] { $n } treated units
}
view-reference = Event time { $time }: reference, zero by definition; { view-treated }
view-effect = { $effect } { $scale }
view-pointwise = Event time { $time }: { view-effect }, { SHARE($level) } interval { $interval }; { view-treated }
view-simultaneous = Event time { $time }: { view-effect }, { SHARE($level) } simultaneous band { $interval }; { view-treated }
view-bare = Event time { $time }: { view-effect }, no such interval from this inference; { view-treated }
