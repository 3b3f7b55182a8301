# What facts are called that results hold by a name: columns, checks, states. A name that is not here is printed itself,
# with spaces, the head of a column, a check and the title of a payload with a capital; other languages have messages for
# such names as well.

## columns of tables
column-answer = What the data say
column-checks = What the checks say
column-claim_id = Claim no.
column-conformal_floor = Floor of conformal p
column-conformal_high = Conformal, high
column-conformal_low = Conformal, low
column-cutoff = Most RMSPE before, times the pair's own
column-detectable = Minimum detectable effect
column-df = df
column-df2 = Denominator df
column-difference_high = Difference, high
column-difference_low = Difference, low
column-difference_p = p of the difference
column-effect_A = A: effect
column-effect_B = B: effect
column-effect_all = All: effect
column-effect_without = Effect without its periods
column-first_label = Begins in
column-floor = Smallest attainable p
column-imputed = Total without the agreement
column-is_chosen = Date used
column-is_design = Level of the design
column-is_rival = Near the agreement
column-is_treated = Treated
column-last_label = Ends in
column-monte_carlo_error = Monte Carlo error
column-n_after = Periods after
column-n_alike = Drawn from
column-n_before = Periods before
column-n_cases = Cases
column-n_donors = Donors
column-n_lost = Rows lost
column-n_pairs = Pairs
column-n_placebos = Placebos
column-n_pre_periods = Periods before
column-n_rows = Rows
column-n_treated = Treated pairs
column-n_treated_units = Treated units
column-n_units = Units
column-n_weighted_donors = Donors with weight
column-observed = Observed total
column-onset_label = Onset
column-out_of = Chosen out of
column-p = p
column-p_A = p
column-p_B = p
column-p_all = p
column-p_bound = p at most
column-p_conformal = Conformal p
column-p_holm = p (Holm)
column-p_rmspe_ratio = p of the RMSPE ratio
column-p_romano_wolf = p (Romano-Wolf)
column-percent = In percent
column-percent_without = Whole in percent, without it
column-period_label = Period
column-pre_rmspe = RMSPE before
column-prediction_high = Prediction, high
column-prediction_low = Prediction, low
column-publisher = Publisher and licence
column-q_sharpened = Sharpened q
column-reach = Reach of the placebos, ±
column-rmspe_ratio = RMSPE after over before
column-se = Standard error
column-sentence = What it says
column-sha256 = SHA-256
column-weight_A = A: same city
column-weight_B = B: same destination
column-weight_all = All untreated

## checks
check-case_tests = Methods and donor sets
check-conditional_trends = Trends of pairs alike before
check-contamination = Contamination by other policies
check-level_changes = Changes of level
check-date_sets = Readings of the date
check-descriptive_registry = Registry
check-always_treated = Pairs treated throughout
check-evidence = Evidence of a change
check-honest = Honest intervals
check-levelling_off = Levelling off
check-placebo_time = Placebo in time
check-pretrend_power = Power of the pre-trend test
check-pretrends = Pre-trends
check-reset = RESET
check-policies = Other policies
group-alone = agreement alone
group-set = in force
group-order = by order
group-increment = on top of the other
group-office = difference
check-remainder = Remainder of the partners
check-undated_agreements = Agreements without a date
check-twfe_weights = Two-way weights
check-unknown_break = Break at an unknown date

## verdicts
verdict-informs = –
verdict-note = note

## what agreements are grouped by
grouped-city = city
grouped-cohort = year of the agreement
grouped-era = time of the agreement
grouped-kind = kind of agreement
grouped-order = first or later agreement of the city
grouped-partner = partner

## scales and outcomes
scale-points = percentage points
scale-log-points = log points

## what effects before onset are measured against
base-first-stage-residuals = first-stage residuals

## parts in the comparison
status-undated = with an undated agreement
status-other-kind = with another kind of agreement
status-remainder = remainder, for totals only
status-unmatched = with an agreement under another spelling

## what errors are clustered by
dimension-dyad = pair

## choices of a specification
choice-with_treated = not yet treated, and treated already

## statistics and tests
statistic-p-floor = p-floor
statistic-pre-period-RMSPE = pre-period RMSPE
statistic-pseudo-R = pseudo R²
statistic-within-R = within R²



## titles of methods
estimator-augmented-synthetic-control = Augmented synthetic control
estimator-callaway-santanna = Callaway-Sant'Anna
estimator-chaisemartin-dhaultfoeuille = de Chaisemartin-D'Haultfœuille
estimator-double-ratio = Double ratio
estimator-elastic-net-synthetic-control = Elastic-net synthetic control
estimator-etwfe = ETWFE
estimator-imputation = Imputation
estimator-interactive-effects = Interactive effects
estimator-interrupted-series = Interrupted series
estimator-local-projections = LP-DiD
estimator-matrix-completion = Matrix completion
estimator-partially-pooled-synthetic-control = Partially pooled synthetic control
estimator-ppml = PPML
estimator-ppml-corrected = PPML, bias-corrected
estimator-stacked = Stacked
estimator-staggered-efficient = Roth-Sant'Anna
estimator-structural-series = Structural series
estimator-sun-abraham = Sun-Abraham
estimator-synthetic-control = Synthetic control
estimator-synthetic-did = Synthetic DiD
estimator-triple-difference = Triple difference
estimator-twfe = TWFE
estimator-two-stage = Two-stage

## methods for a single case
method-synthetic-control = synthetic control

## types of two-by-two comparisons
type-within-cohorts = within cohorts, by covariates

## what a registry holds
label-no-date = no date

## what says which effect would be found
detected-by-placebo-designs = placebo designs
detected-by-the-interval = the interval

## heads of columns in a ladder
column-transform-index = index
column-transform-log = log
column-transform-share_of_city = share of city
column-transform-share_of_partner = share of partner
column-donors-A = donors A (same city)
column-donors-B = donors B (same destination)
column-donors-all = all donors
column-effects = { $effects } effects
column-effects-city_gravity = dyad and city × period effects
column-effects-gravity = gravity effects
column-effects-gravity_border = gravity and border × period effects
column-effects-partner_gravity = dyad and partner × period effects
column-effects-two_way = two-way effects
column-effects-unit = unit effects
column-comparison-never_treated = never treated only
column-comparison-not_yet_treated = not yet treated
column-unflagged = without flagged pairs
column-named-Augmented-donors-A = Augmented, donors A
column-named-Augmented-donors-B = Augmented, donors B
column-named-Double-ratio = Double ratio
column-named-ETWFE-Poisson-total = ETWFE-Poisson, total
column-named-Log-two-way-effects-legacy = Log, two-way effects (legacy)
column-named-Own-trend-alone-descriptive = Own trend alone, descriptive
column-named-PPML-bias-corrected = PPML, bias-corrected
column-named-Poisson-imputation-row-average-of-log-ratios = Poisson imputation, row average of log ratios
column-named-Log-gravity-effects = Log, gravity effects
column-named-Poisson-imputation-total-without-flagged-pairs = Poisson imputation, total, without flagged pairs
column-named-Poisson-imputation-total = Poisson imputation, total
column-named-Ratio-to-donors-A-same-city = Ratio to donors A, same city
column-named-Ratio-to-donors-B-same-destination = Ratio to donors B, same destination
column-named-Synthetic-DiD-logs = Synthetic DiD, logs
column-named-Synthetic-control-donors-A = Synthetic control, donors A
column-named-Synthetic-control-donors-B = Synthetic control, donors B
column-named-Synthetic-control-logs = Synthetic control, logs

## donor sets
donor_set-all = all


## series of the raw figure
series-treated = treated
series-same-city-other-destinations = same city, other destinations
series-other-cities-same-destination = other cities, same destination
