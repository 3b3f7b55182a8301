# What the appendix says by itself; a department may change any sentence here in its style file.
# Names that begin alike are chosen among by the code.

## the first page
document_title = { $title }: statistical appendix
untranslated = Text marked [en] has not been translated yet and is given in English.
simulated = SIMULATED. Every number, figure and table here is made from simulated series. Nothing here says anything about real trade.
simulated_note = SIMULATED data.
simulated_title = { $title } (SIMULATED)
summary = Summary
question = This appendix asks how { $outcome } changed after twinning agreements. It can be rebuilt from the analysis file and the input data with one command.
trade = trade
finding_percent = After an agreement, { $outcome } stood { $size } { $direction } than the comparison implies ({ SHARE($level) } interval { $low } to { $high }; { $effect } log points; { $label }).
finding_level = After an agreement, { $outcome } stood { $size } { $direction } than the comparison implies ({ SHARE($level) } interval { $low } to { $high }; { $label }).
finding_percent_no_interval = After an agreement, { $outcome } stood { $size } { $direction } than the comparison implies ({ $effect } log points; { $label }). The inference used gives no interval{ $has_p ->
    [yes] ; { P($p) }
   *[no] { "" }
}.
finding_percent_unbounded = After an agreement, { $outcome } stood { $size } { $direction } than the comparison implies ({ $effect } log points; { $label }). The { SHARE($level) } interval has no end on either side{ $has_p ->
    [yes] ; { P($p) }
   *[no] { "" }
}.
finding_level_unbounded = After an agreement, { $outcome } stood { $size } { $direction } than the comparison implies ({ $label }). The { SHARE($level) } interval has no end on either side{ $has_p ->
    [yes] ; { P($p) }
   *[no] { "" }
}.
mean_size = on average { $size } a { money-period }
no_end = no upper end
no_lower_end = no lower end
finding_level_no_interval = After an agreement, { $outcome } stood { $size } { $direction } than the comparison implies ({ $label }). The inference used gives no interval{ $has_p ->
    [yes] ; { P($p) }
   *[no] { "" }
}.
finding_absent = No effect was estimated: { $reason }.
finding_absent_reason = the analysis describes a series and has no comparison to estimate from
higher = higher
lower = lower
finding_of_first_page = The first page has { PERCENT($percent, sign: "always") }: of this change, what pairs as large and growing do without an agreement ({ PERCENT($ordinary, sign: "always") }) is taken out, and its interval is by assignments among such pairs.
interval_holds_zero = The interval includes zero, so the data cannot tell a rise from a fall; it does not show that agreements change nothing.
interval_above_zero = The interval lies above zero.
interval_below_zero = The interval lies below zero.
detectable = Minimum detectable effect: { $sentence }
detectable_absent = No check of this run measured the minimum detectable effect, the size from which a change would usually be found{ $has_interval ->
    [yes] ; where one is given, it follows from the width of the interval. Any change inside the interval, zero included, is compatible with the data.
   *[no] .
}
size_not_studied = Size not studied: no simulation shows that this test keeps its size in a design like this one, so the p-value may be too small.
covariates_note = Coefficients of covariates have clustered errors.
ends_note = Ends found from random draws are rounded to what other draws would leave.
size_note = “Not studied”: no simulation shows how often that test rejects without an effect.
how_sure = How the uncertainty was measured: { $note }
checks_counted = { $n_checks ->
    [one] The one check that judges { $n_object ->
        [one] objects: { $names }
       *[other] { $n_cannot ->
            [one] cannot tell
           *[other] does not object
        }
    }.
   *[other] { $n_object ->
        [0] None
        [one] { $n_object }
       *[other] { $n_object }
    } of { $n_checks } checks that judge { $n_object ->
        [0] objects,
        [one] objects: { $names }.
       *[other] object: { $names }.
    } { $n_silent ->
        [one] { $n_silent } does not object
       *[other] { $n_silent } do not object
    }, { $n_cannot ->
        [one] { $n_cannot } cannot tell
       *[other] { $n_cannot } cannot tell
    }.
}
checks_object = The difference must therefore not be read as something the agreement did.
checks_assumption = The difference can be read as due to the agreement only as far as this assumption holds: { $assumption }
checks_single = Even so a single pair cannot say that it was the agreement, nor anything about the partner city.
limits = What this cannot say:
checks_absent = No check that gives a verdict was run. The difference is a description, not an effect of the agreement.
other_method = Another method gives { $size } for these pairs: the { $method } ({ SHARE($level) } interval from { $low } to { $high }; { $how }). It takes each pair alone and weighs pairs by how well placebos fit. The answer of this page is the headline's, { $label }, which the analysis file names.
ladder_range = Across the { $n } specifications of { $table } the estimate runs from { $low } to { $high }.
case_descriptive = Descriptive: no comparison. What follows shows what happened, not why.

## several analyses
binder_title = Twinning and trade: the analyses together
binder_overview = All analyses at a glance
binder_intro = { $n ->
    [one] One analysis
   *[other] { $n } analyses, one line each
}: the headline estimate with its interval and what the checks say. Effects of different designs answer different questions; the lines are not to be averaged.
binder_table = Headline estimates
binder_forest = Headline estimates in log points
binder_axis = Effect, log points
binder_note = Percent effects are drawn as ln(1 + p/100). Analyses with effects on other scales are not drawn; one without a line has no interval.
binder_unbounded = no end on either side
binder_none = no effect estimated
binder_objects = objects: { $names }
binder_silent = { $n } passed, none objects
binder_unchecked = no check with a verdict

## exhibits
data_card = Data: what was read and what was left out
inputs_caption = Input files
inputs_note = SHA-256 is the fingerprint of the file as it was read; the first 16 of its 64 digits are shown, the manifest holds all.
conversions_caption = Units, exchange rates and price factors that values were multiplied by
conversions_note = Factors are shown to six digits; payloads/conversions.csv holds all digits.
dropped_caption = Rows left out, by rule
dropped_elsewhere_caption = Rows that other columns leave out, by rule
status_caption = Pairs by part in the comparison
counts = The panel holds { $rows ->
    [one] one row
   *[other] { $rows } rows
}: { $units ->
    [one] one unit
   *[other] { $units } units
} over { $periods ->
    [one] one period
   *[other] { $periods } periods
}, from { $first } to { $last }.
register = Treatment register: every agreement and its dates
register_caption = Treatment register
register_others = { $n ->
    [one] twinnings.csv lists one agreement of an untreated pair with its dates and source.
   *[other] twinnings.csv lists { $n } agreements of untreated pairs with their dates and sources.
}
register_counts = Number of agreements by the period from which they count and by status. The register has { $n } dated agreements; twinnings.csv lists each with its dates and sources.
register_intro = The agreements known for { $of ->
    [case] pairs of the case's own city or partner
   *[panel] pairs of this panel
} with all their candidate dates, where the date comes from, and the period from which it counts. A date alone is that of the signature. Agreements of other pairs are not listed here.
undated_counted = { $n ->
    [one] twinnings.csv lists one undated agreement; its pair is neither treated nor in the comparison.
   *[other] twinnings.csv lists { $n } undated agreements; their pairs are neither treated nor in the comparison.
}
undated = Agreements whose date is not known, neither treated nor in the comparison ({ $n }): { $names }.
outside = { $n ->
    [one] One further agreement of the registry joins no pair of the panel; it stands
   *[other] { $n } further agreements of the registry join no pair of the panel; they stand
} in payloads/agreements_outside_panel.csv.
adoption_caption = Who is treated when
descriptives = Descriptive panel and balance
selection = Which places sign agreements
raw = The raw series around the agreement
raw_intro = The series as observed, with every candidate date. A rise after a line is not yet an effect: the comparison lines show what happened where there was no agreement.
raw_caption = { $title }: series as observed, with all candidate dates
set_A = A: same city, other destinations
set_B = B: other cities, same destination
set_all = all untreated pairs

## payloads
payload_cases_forest = Case by case (as far as placebos reach), their random-effects mean, and it without each
payload_path = Paths over time
payload_of = { $title } ({ $column })
payload_placebo = The treated unit among placebos: the same done to each donor
payload_forest = Effects by group
payload_spillover_rings = Spillovers by distance to the nearest agreement
payload_forest_by = Effects by { $group }
forest_bare = A point without a line has no interval from this inference.
effect_axis = Effect, { $scale }
effect_plain = Effect
payload_cases = Each case by itself
payload_best_of = What choosing the cases costs
payload_descriptive_size_world = Number of twins against size of city
payload_descriptive_size_close_up = Number of twins against size of city, a closer look
payload_descriptive_map = The agreements on a map
payload_descriptive_shares = Shares printed in a source, drawn as they stand
payload_descriptive_twins_by_city = Twins by city
payload_descriptive_twins_by_country = Twins by country of the partner
payload_descriptive_years_of_signing = Agreements by year of signing
payload_descriptive_completeness = How complete the registry is
payload_bacon = Two-by-two comparisons inside the two-way estimate
payload_weights = Weights of the donors
payload_honest = Effect if parallel trends fail by as much as M
payload_concentration = Treated pairs by their part in the total without the agreement
payload_undated_agreements = The effect with pairs whose agreement has no date
payload_percent_effects = Three readings of a percent effect
payload_leave_one_out = The estimate without each in turn
payload_conditional_trends = The effect among pairs alike in size and growth before
payload_policies = The agreement alone and beside other policies
payload_policy_effects = Effects by the policies in force, and the rows behind them
payload_contamination = What the agreement's coefficient is made of beside other policies
payload_level_changes = Effect of each change of level
payload_level_changes_path = Effect of each change of level by event time
payload_always_treated = The effect with pairs treated throughout as comparison
payload_evidence = The verdict: the change against pairs as large and growing
payload_calibration = The verdict on placebo registers, dealt to pairs without an agreement
payload_calibration_power = The verdict on placebo registers: share called evidence, by the true change
payload_evidence_tests = The verdict: p by statistic and by how agreements are dealt
payload_hidden_agreements = The effect under agreements that nobody recorded
payload_pretrends = Pre-trends
payload_twfe_weights = Weights of cohorts and event times in the static two-way coefficient
raw_grid_caption = { $n } pairs as observed, indexed to the last period before the agreement
raw_grid_note = Solid vertical line: the date used. Dashed: other candidate dates. The figure's CSV has levels and logs.
raw_grid_unindexed = { $n ->
    [one] { $names } has no line of its own: its value
   *[other] { $names } have no lines of their own: their value
} in the period set to 100 is zero or missing.
raw_grid_alt = Small line charts of { $n } pairs ({ $names }), each indexed, with its comparison lines, with vertical lines at the candidate dates.
ladder = Main estimates, specification by specification
ladder_caption = Effect of twinning on { $outcome }
ladder_part = { $caption } (part { $part } of { $parts })
ladder_beside = { $table } { $n ->
    [one] has the one specification that was estimated.
   *[other] sets { $n } specifications side by side; its lower rows say in what they differ. Read along the row: an estimate that moves from one column to another depends on that choice.
}
ladder_intro = { $table } moves from the simplest comparison to the most demanding one. Read along the row: an estimate that moves when the comparison gets stricter was partly something else.
inference_caption = The headline estimate under each inference: { $label }
gravity = With city × period and partner × period effects a city-wide boom and a destination boom are both absorbed; what is left is bilateral.
percent_note = Percent effects are 100(exp(b) − 1).
stars = Stars: { $levels }.
se_note = Standard errors in parentheses.
interval_note = { SHARE($level) } intervals in brackets.
t_note = t statistics in brackets.
p_note = p-values below the estimates.
singletons_note = Singletons, alone in a level of an effect, are counted and move no estimate.
mean_note = Mean before: outcome of the treated before their agreement{ $unit ->
    [none] { "" }
   *[other] , { $unit }
}.
skipped_note = { $label } was not estimated: { $reason }.
no_reason = no reason given
event_study = Event study: the path before and after
cells_caption = Effects by cohort and { period } since the agreement, { $label }
event_of_case = One pair is treated: see Single cases for its path, its gap and its placebos.
paths_caption = { $outcome } by { period } since the agreement{ $n ->
    [one] { "" }
   *[other] , { $n } methods
}
paths_apart_note = The halves have different yardsticks: the step between them is no effect.
paths_pooled_note = Times beyond an end are pooled into it.
paths_missing_note = { $n } of { $of } treated rows { $n ->
    [one] enters the overall effect and has no time of its own here
   *[other] enter the overall effect and have no time of their own here
}.
paths_small_note = Below: other methods, the headline in grey.
paths_figure_note = Lines are { $level } intervals; an arrow marks one that runs on. A hollow mark without a line is the reference, zero by definition. Below the axis: treated pairs.
paths_table = Event-study estimates of every column
paths_others = other columns, estimate alone
paths_note = Changes in percent where a column measures one, else on its own scale. Columns are numbered as in the table of estimates; intervals of the others stand in bands.csv.
paths_whole_note = Each cell: the change in percent where the column measures one, else the effect on its own scale, with p; below it its interval in brackets, a simultaneous one in braces. At the reference the effect is zero by definition.
paths_others_note = In percent where a column measures a change, all of them on one axis; else on its own scale. Marks as in the figure before.
paths_others_caption = { $outcome } by { period } since the agreement, the other columns
paths_pretrend = Effects before the agreement should lie near zero if the comparison is sound; that they do is no proof. A joint test that all of them are zero gives { P($p) }.{ $adjusted ->
    [yes] { " " }The check of pre-trends tests a straight line through them as well. Each p-value is then raised because two tests are made (Holm); the smaller of the two becomes { P($smallest) }.
   *[no] { "" }
}
pretrend_absent = No joint pre-period test was made.
baseline = Mean { $outcome } of treated units at the reference: { $value }.
unlike_bases = Effects before the agreement are measured against unlike bases ({ $bases }); compare the paths after it, not before.
view_title = A closer look
forest = Heterogeneity: for whom the difference is larger
margins = Margins: more firms, or more per firm
spillovers = Spillovers: who gains, who loses
sensitivity = Sensitivity: what would overturn it
robustness_intro = { $n ->
    [one] One check was
   *[other] { $n } checks were
} judged: { $n_object } { $n_object ->
    [one] objects
   *[other] object
}, { $n_cannot } cannot tell and { $n_silent } { $n_silent ->
    [one] does
   *[other] do
} not object. A check that cannot tell is too weak to detect a violation that matters.
robustness_unseen = A check that cannot tell is too weak to detect a violation that matters.
robustness_caption = What the headline becomes when one thing changes, and what each check says
robustness_headline = Headline: { $label }
robustness_note = Difference: from the headline, with its interval in brackets; in another column from its row with 0.0; in percentage points, or in percent between effects in log points. p of a check with several tests: the smallest after Holm's adjustment. Bound: the largest violation that the data allow, none where every variant gives the same or no interval is wider; a check cannot tell where it would matter. Power: how likely the check was to object to a difference as large as half the interval, in the variant seen least; below 10 % in each it is a note, and is not counted. Of checks with many variants those that differ most are named. A column in brackets is another one than the headline.
robustness_overturn = A bias above { $size } { $clear ->
    [yes] would overturn the headline
   *[no] would be larger than half of the headline’s interval
}.
robustness_counted = { $n } checks have a verdict, notes not counted, for one column each. Shown are { $n_shown } of them: those of the headline, one of each kind that only other columns have, and all that object; findings.csv has the others.
robustness_judged_note = p of a check with several tests: the smallest after Holm's adjustment. A column in brackets is another one than the headline. Bounds and power stand in findings.csv.
robustness_absent = Could not be made: { $names }.
robustness_figure = The headline when one thing changes
robustness_figure_note = Dashed line and grey band: the headline and its interval. A mark without a line has no interval of its own; an arrow marks one that runs on.
single_case = Single cases: one pair at a time
claims = Claims ledger
said_above = see above
claims_caption = Claims about twinning and what these data say
claims_intro = Each claim is answered from the results of this analysis alone: supported where a test rejects, the interval lies on the claimed side and no check objects, not supported where it lies on the other side, else cannot tell. The first claim is judged at 5% on its own, the others share 5% by Holm's adjustment. The minimum detectable effect says what could not have been seen.
claims_note = The minimum detectable effect is the size that a two-sided 5% test finds with 80% probability.
claims_lacking = { $n ->
    [one] One further claim was not examined, because the analysis has no evidence on it: { $needs }.
   *[other] { $n } further claims were not examined, because the analysis has no evidence on them: { $needs }.
}
claims_unexamined = { $n ->
    [one] One further claim was not examined, because the analysis has no evidence on it; payloads/claims.csv says what it needs.
   *[other] { $n } further claims were not examined, because the analysis has no evidence on them; payloads/claims.csv says what each needs.
}
claims_open = { $n ->
    [one] Trade and agreements cannot decide one claim:
   *[other] Trade and agreements cannot decide { $n } claims:
}
verdict_supported = supported
verdict_not_supported = not supported
verdict_cannot_tell = cannot tell
findings = Findings: what the checks say
findings_caption = Findings and verdicts
findings_intro = A check that cannot tell is too weak to detect a violation that matters; one that could hardly have detected any is a note. A check without a verdict only informs.
assumptions = What each column estimates and assumes
assumed_others = specifications.csv says what every other column estimates and assumes.
technical_inference = The first section says how the headline's interval is made, specifications.csv (inference_note) that of every other column.
warnings_short = What the run warns of
warnings_table = Warnings, one of each kind
warnings_note = Further: messages of the same kind; messages.csv has all.
no_warnings = The run warned of nothing.
warnings = Warnings and notes from the run
warnings_caption = Messages
machine = Technical note: versions, hashes and seeds
machine_intro = What is needed to repeat this run bit by bit. The manifest has run time and memory.
cross_check = Checked with other software
of_headline = the headline
seeds = { $n ->
    [one] one job with a seed
   *[other] { $n } jobs, each with a seed of its own
} made from { $seed } and its name; the manifest lists { $n ->
    [one] it
   *[other] them
}
findings_elsewhere = see { $heading }
check_of = { $check } ({ $columns })
glyph_lost = the font has no glyph for { $characters } in “{ $text }”; printed as “{ $shown }”

## a single case
case_paths_caption = { $unit }: observed, and as each donor set and method has it without the agreement
case_paths_note = Above: the flow as an index, and the path that the donors imply. Below: the gap between them. { $events }. Gaps before the agreement are misfit; the wider they are the less the gaps after it say.
case_no_date = No date is known
case_seasons_note = Where two years or more lie before the agreement, every flow's seasonal means of that time are taken out.
case_placebo_caption = The gap of { $unit } among placebos: the same done to each donor ({ $method })
case_weights_caption = Donors and their weights in the synthetic control, by donor set
case_tests_caption = What each method and donor set says, with the smallest p-value it could have given
case_tests_note = Effect: mean gap after the agreement. p: share of all cases, the pair included, whose mean gap is at least as large; it cannot fall below the smallest attainable p, 1/(placebos + 1). RMSPE ratio: the same for the root mean squared gap after over before. Conformal p: over all shifts of the periods, its floor beside it. 90% conformal and prediction intervals (wrong weights and noise together, conservative) are given only from 15 periods before the agreement on.
case_intervals_caption = 90% intervals of the mean gap by method and donor set
case_dates_caption = The result under each reading of the date, the ambiguous periods left out, by donor set
case_dates_note = Effect: mean gap after the date; p: its rank among placebos, whose smallest attainable value is in the table of methods. No row is chosen: read the median and whether rows agree.
case_lacking = What is not given, and why: { $rows }
case_lacking_row = { $rows }: { $reason }.
case_false_dates_caption = False dates before the agreement: there should be nothing to find
case_without_caption = The mean gap of the synthetic control from all donors, without each that carries weight
case_shocks_caption = Known shocks inside the sample, and the mean gap without their periods
case_donors_caption = Who may be a donor, who may not, and why
case_more = Gaps placebo by placebo, under false dates and without each donor stand in the folder payloads.

## exhibits left out
absent_exhibit = { $title }: left out. { $reason }
absent_heading = Exhibits left out
no_payload = The analysis produced no data for it.
absent_descriptives = It needs the check balance on a panel with pairs to compare, or the recipe registry.
absent_selection = It needs the check selection and several agreements at different times.
absent_single_case = It needs a single treated pair (the recipe single_case) or the check pooled_cases.
absent_forest = It needs the check heterogeneity and several agreements.
absent_margins = It needs counts of firms or products with the trade values, and the check margins.
absent_spillovers = It needs the check spillovers on a panel of several cities and partners.
absent_sensitivity = It needs checks that estimate again, such as honest, leave_one_out or dates.
no_specification = No specification was estimated.
no_manifest = The run has not been stored yet, so there is no manifest.
no_messages = The run left no warning.
no_claims = The analysis names no claims.
no_twinnings = The analysis has no dated agreement.

## the effect in money
money = In money: { $outcome } of { $who } were { $value } a { money-period } { $direction } than without the agreement, { $total } in all, from { $first } to { $last } and as far as the comparison holds ({ SHARE($level) } interval from { $low } to { $high } a { money-period }).
money_single = In money: { $outcome } of { $who } stood { $value } a { money-period } { $direction } than the comparison implies, { $total } in all, from { $first } to { $last } ({ SHARE($level) } interval from { $low } to { $high } a { money-period }). One pair cannot say that it was the agreement.
money_who = { $n ->
    [one] the treated pair
   *[other] the { $n } treated pairs
}
money_absent = In money: no amount is available, because { $reason }.
money_bounded = In money: no amount is put down to agreements, because { $reason }.
money_not_excluded = What the { SHARE($level) } interval{ $graded ->
    [yes] { " " }of the first page
   *[no] { "" }
} cannot exclude, for { $who } from { $first } to { $last }: { $outcome } from { $low } to { $high } a { money-period }.
money_detectable = The smallest difference that would have been found with 80% probability is { $size } a { money-period } (from { $how }).
money_zero = the interval includes zero
money_unbounded = the inference used gives no bounded interval
money_checks = { $n ->
    [one] one check objects
   *[other] checks object
} ({ $names })
money_log = the headline is a model of logarithms, and a logarithm has no total
money_transform = the headline is in { $detail }, which has no total in money
money_average = the headline is an average that does not weigh treated rows alike, and that is no sum
money_case = these data cannot tell what happened to this pair
money_error = { $detail }

## fixed effects and clusters
effects_dyad = dyad effects
effects_unit = unit effects
effects_period = { period } effects
effects_city = city effects
effects_partner = partner effects
effects_city_period = city × { period } effects
effects_partner_period = partner × { period } effects
effects_border_period = border × { period } effects
effects_size_period = third by size × { period } effects
effects_growth_period = third by growth × { period } effects
effects_cohort = cohort effects
effects_undirected_pair = undirected pair effects
effects_columns = { $names } effects
clusters_unit = Clusters: units
clusters_city = Clusters: cities
clusters_partner = Clusters: partners
clusters_period = Clusters: periods
clusters_undirected_pair = Clusters: undirected pairs

## what an effect is compared with
row_path = Average of the path, against { $what }
against_all_before = all { periods } before
against_last_before = the last { period } before
against_weighted_before = a weighted average of the { periods } before
against_synthetic_outcome = its synthetic outcome
against_trend_before = its own trend before
against_reference = the reference { period }
reference_before = the { period } before
reference_at = event time { $event_time }

## what the headline covers
outcome_of_total = { $outcome } of the treated pairs together
imputed_rows = The headline covers { $n } of { $of } treated rows. { $left } cannot be imputed{ $logs ->
    [yes] { " " }or are zero and have no logarithm
   *[no] { "" }
}{ $without ->
    [0] { "" }
    [one] ; one of its treated pairs has nothing but zeros before its agreement
   *[other] ; { $without } of its treated pairs have nothing but zeros before their agreement
}.
imputed_all = The headline covers all { $of } treated rows.
range_by_target = The ladder ({ $table }) in percent, by what is asked: { $targets }.
target_range = { $target } from { $low } to { $high } ({ $n } columns)
target_one = { $target } { $low }
target_total = the total of the treated pairs
target_average_cell = the cell average of log ratios
target_average_unit = the row average of log ratios
target_path = the path against { $what }
signs_differ = The signs differ: some of these numbers say a rise and some a fall. The headline answers for { $target }, as the analysis file fixes it.
no_bounds = How far the headline would move if its assumption failed by a given amount is not computed; the bounds under Sensitivity are those of the path of { $label }.

## from pairs to cities
translation = From the pairs to their cities: new trade or diverted
translation_opening = The change of page 1, { PERCENT($effect, sign: "always") } (from { PERCENT($effect_low, sign: "always") } to { PERCENT($effect_high, sign: "always") }; page 1 rounds these ends), is laid on the trade costs of { $n_pairs ->
    [one] the treated pair
   *[other] { $n_pairs } treated pairs alike, although some changed more than others,
} in a world of { $n_places } places and one sector, in which every place sells one variety of its own.
translation_stated = Page 1 states what share of it is diverted, { PERCENT($low, decimals: 0) } to { PERCENT($high, decimals: 0) } over all models, because that share has one sign in every model and at both ends of the interval.
translation_cannot = Page 1 says nothing of diverted trade, because it finds no change in a direction. The table says what the estimate would mean if it were true, and what both ends of its interval would.
translation_sign = Page 1 says nothing of diverted trade, because its share has no one sign over the models and the interval: over the models it runs from { PERCENT($low, decimals: 0) } to { PERCENT($high, decimals: 0) }.
translation_alone = In this world the cities have no other partners that trade could be diverted from.
translation_again = On the trade after the change in the central model, PPML with { $effects } would find { PERCENT($again, sign: "always") }; a difference is the error that diversion makes in such an estimate.
translation_table = Trade of the pairs and of their cities with and without the change, in percent
translation_note = Effect and ends: the change and the ends of its interval in the central model ({ $centre }). Further columns: the range of the change over other values of one quantity (of the elasticities of trade and supply), all else as in the central model; output held: the conditional model, in which output and expenditure of every place are held. Neither model bounds the other. Real income is that of all who live in the cities, those who moved there included; the conditional model fixes none.
translation_figure = The change in each model, with the ends of the effect's interval pushed through it
translation_pairs = Trade of the pairs
translation_exports = All exports of their cities
translation_other_exports = Their exports to other partners
translation_third_exports = Others' exports to the pairs' partners
translation_real_income = Real income of their cities
translation_diverted = Share of the change offset at other partners
translation_outcome_head = Outcome
translation_change_head = Effect
translation_ends_head = Ends
translation_elasticity_head = Trade
translation_supply_head = Supply
translation_home_share_head = Home share
translation_conditional_head = Output held
translation_full = full
translation_conditional = conditional
translation_of_elasticity = trade { COMPACT($value, digits: 2) }
translation_of_supply = supply { COMPACT($value, digits: 2) }
translation_of_home_share = home share { SHARE($value) }
