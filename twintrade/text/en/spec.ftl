# The analysis file: recipes, keys and what is wrong with one.

## recipes
equation-chart = X_cjt raw and indexed, all candidate dates, comparison lines
recipe-chart = A picture without an estimate or a p-value; descriptive.
equation-double_ratio = (X_cjt / X_c·t) / (X_·jt / X_··t), own flow left out
recipe-double_ratio = One pair against its city's other flows and its destination's other flows at once, ranked among placebos.
equation-log_two_way = mean of ln X − ln X(0), with ln X(0) = α_cj + α_t imputed; beside it ln X = Σ_e β_e 1[t − g = e] + α_cj + α_t
recipe-log_two_way = Legacy: what the older literature printed; city-wide and destination booms stay in.
equation-log_gravity = mean of ln X − ln X(0), with ln X(0) = α_cj + α_ct + α_jt imputed; beside it ln X = Σ_e β_e 1[t − g = e] + α_cj + α_ct + α_jt
recipe-log_gravity = What is left after city-wide and destination booms; zeros are lost.
equation-ppml_gravity = ΣX / ΣX(0) − 1, with E[X(0)] = exp(α_cj + α_ct + α_jt) imputed; beside it E[X] = exp(Σ_e β_e 1[t − g = e] + α_cj + α_ct + α_jt)
equation-ppml_border = as ppml_gravity, with domestic flows and α_bt for flows that cross a border
recipe-ppml_border = With domestic flows: what lifts all trade across borders in a year is no effect of agreements.
recipe-ppml_gravity = The default: zeros kept, heteroskedasticity harmless, only what is bilateral is left.
equation-staggered = mean of ln X − ln X(0) imputed; beside it Σ_e β_e 1[t − g = e], cohort by cohort
recipe-staggered = Onsets differ and effects may too: estimators without forbidden comparisons beside the usual ones.
equation-staggered_levels = ΣX / ΣX(0) − 1, with E[X(0)] = exp(α_cj + α_ct + α_jt) imputed; beside it E[X] = exp(Σ_g Σ_t β_gt D_gt + α_cj + α_ct + α_jt), cohort by cohort
recipe-staggered_levels = The same in levels, zeros kept: the treated total by imputation and by cells, beside PPML.
equation-single_case = one dyad, donor sets A (same city) and B (same destination)
recipe-single_case = Picture, ratios and synthetic controls against both donor sets, placebo ranks with their floor, date sets.
equation-watch = agreements to come, ranked among control portfolios at every look
recipe-watch = Watch agreements while they run: a placebo rank that may be looked at again and again, sets at every look, what can be learned.

## a new analysis
effects-gravity = pair, city × period, partner × period; or "two_way"
guess-single-case = of all pairs this one alone is treated inside the sample
guess-step = the table has one { period } in { $step }, and event times come in steps of { $step }
guess-waves = years at unequal steps: event times count waves, and an agreement between two counts from the later one; or "calendar"
guess-two-way = pair and period: with one { $what } alone its booms cannot be taken out

undecided = { $file }: { $n ->
    [one] { $n } question is open
   *[other] { $n } questions are open
}: { $questions }
question = line { PLAIN($line) }, { $key }{ $asked ->
    [none] { "" }
   *[other] : { $asked }
}

## the page that lists all keys
table-top = At the top
remark-case = Only for analyses of one pair.
remark-trade = One table a file. Either `file` or `simulate`.
remark-simulate = In place of `file`; everything then says SIMULATED.
remark-microdata = For rows of single shipments; `file` may be a folder of CSV, packed CSV or Parquet files, or a DuckDB file. docs/scale.md says what it costs.
remark-twinnings = One table a registry.
remark-covariates = One table a file. Columns of the trade file need none: the design names them.
remark-undated = Or `[[data.undated]]`, where there are several lists.
remark-inference = Further keys are options of the named method.
remark-report = docs/report.md shows how to use it.
remark-translate = docs/tutorials/whose_trade.md says what it answers.
of-format = How the file is written, as under `[[data.trade]]`.
remark-claim = One table a claim; they stand in the ledger after those of the literature.
remark-registry = With `recipe = "registry"`, in place of `[data]` and `[design]`.
table-in = `{ $name }` in `{ $table }`
required = required
preset = A named preset; what the file says wins.
on = headline, all, or names of columns
type-text = text
type-whole = whole number
type-number = number
type-truth = `true` or `false`
type-table = table
type-list = list of { $of }

## faults; $where is the place in the file
entry = [[{ $table }]] number { PLAIN($n) } ({ $name })
level = { $where }: level = { PLAIN($value) }: the share of intervals that hold the truth lies between 0 and 1, as 0.95
count = { $where }: { $key } = { PLAIN($value) }: at least 1 is needed
duplicate-key = { $where } line { PLAIN($line) }: the key or table here stands twice; keep one of them
no-option = { $where }: { $name } has no option { $key }{ $hint ->
    [none] { "" }
   *[other] ; { $hint }
}
repeats = { $where }: repeats an earlier entry; change the design or give it a key of its own
no-key = { $where }: { $key } is no key: use letters, digits, hyphens and underscores, with single points between
headlines = { $n } [[estimator]] entries say headline = true ({ $labels }): one at most
missing = { $place }: { $key } is missing
belongs = it belongs under [{ $table }]
unknown = { $place }: { $key } is no known key{ $hint ->
    [none] { "" }
   *[other] ; { $hint }
}
faults = { $n } faults in the analysis file:
at-line = { $file }, line { PLAIN($line) }
nested = nested too deeply
