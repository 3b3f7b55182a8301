# What an inference says of itself.

## clusters; $name is a dimension: unit, city, partner, period, row
dimension = { $name ->
    [unit] unit
    [city] city
    [partner] partner
    [period] period
    [undirected_pair] undirected pair
   *[row] row
}
clusters = { $n } { $name ->
    [unit] units
    [city] cities
    [partner] partners
    [period] periods
    [undirected_pair] undirected pairs
   *[row] rows
}

## errors by clusters
clustered = Errors clustered by { $names } ({ $clusters }), { $correction }; { $distribution }
by-row = Heteroskedasticity-robust errors, { $correction }; { $distribution }
clustered-sup-t = { $errors }; simultaneous intervals use the sup-t critical value { FIXED($critical) } ({ $draws } draws)
multiplier = { $errors }; sup-t bands and p-values by multiplier bootstrap ({ $weights }, { $draws } draws), critical value { FIXED($critical) }
correction = { $factor } ({ $convention })
factor-clusters = small-sample factor G/(G−1)
factor-not-nested = small-sample factor G/(G−1) · (N−1)/(N−K), K counting slopes and effects not nested in the clusters
factor-not-redundant = small-sample factor G/(G−1) · (N−1)/(N−K), K counting slopes and non-redundant, non-nested effects
factor-one-nested = small-sample factor N/(N−K), K counting slopes and effects, a single nested effect left out
factor-rows = small-sample factor N/(N−K), K counting slopes and effects
factor-none = no small-sample factor
normal = normal distribution
t = t distribution with { $df } degrees of freedom
scaled = Errors clustered by { $names } ({ $clusters }), over their expectation for independent rows of one variance; t distribution with Satterthwaite degrees of freedom, { FIXED($df, decimals: 1) } at least; sup-t critical value { FIXED($critical) }
bias-reduced = Bias-reduced errors (CRV2) clustered by { dimension } ({ clusters }); t distribution with Satterthwaite degrees of freedom, { FIXED($df, decimals: 1) } at least; sup-t critical value { FIXED($critical) }
jackknife = Cluster jackknife ({ $centre ->
    [mean] CV3J
   *[estimate] CV3
}{ $is_linearized ->
    [yes] , linearized
   *[no] { "" }
}) over { $names } ({ $clusters }); t distribution with { $df } degrees of freedom; sup-t critical value { FIXED($critical) } ({ $draws } draws)
wild = Wild cluster bootstrap ({ $kind }{ $is_linearized ->
    [yes] , score bootstrap at the fitted weights
   *[no] { "" }
}) over { clusters }{ $draw_by ->
    [all] { "" }
   *[other] , weights drawn by { $draw_by }
}, { $is_complete ->
    [yes] all sign vectors
   *[no] { $weights } weights, { $draws } draws
}; intervals by inversion of the test
weidner-zylkin = Standard errors clustered by dyad ({ $n } dyads), residuals freed of their leverage{ $adjusted ->
    [both_sides] { " " }on both sides of the meat
   *[one_side] { "" }
}{ $is_repaired ->
    [yes] ; a negative variance was raised to zero
   *[no] { "" }
}; small-sample factor n/(n−1), t distribution with { $df } degrees of freedom
weidner-zylkin-beside = { $errors }; on one side, as the authors' Stata program ppml_fe_bias does: { $authors }
error = { COMPACT($value) }

## errors under other dependence
dependent = { $errors }; { $distribution }{ $is_repaired ->
    [yes] ; negative eigenvalues set to zero
   *[no] { "" }
}
dyadic = Dyadic-robust errors over { $n } members, { $factor }
conley = Spatial errors (Conley, { $kernel } kernel to { COMPACT($cutoff) } km), { $n } units
independent = Errors for independent rows { $variance ->
    [mean] whose variance is their mean (counts alone: with money these errors depend on its unit)
    [proportional] whose variance is proportional to their mean (dispersion estimated: { COMPACT($dispersion) })
   *[one] of one variance
}, { $correction }
serial = { $kind ->
    [driscoll_kraay] Driscoll-Kraay errors
    [newey_west] Newey-West errors within units
   *[hac] Errors robust to heteroskedasticity and autocorrelation
}{ $is_prewhitened ->
    [yes] , prewhitened
   *[no] { "" }
}, Bartlett weights, { $lags } lags; { $n } periods as clusters, { $correction }
autoregressive = t statistic over Bartlett errors ({ $lags } lags, { $n } periods), compared with { $draws } series drawn without an effect, with the serial correlation that this one has once the tested effect is removed; approximate in short series and if errors depend on more than the last period
autoregressive-needs = this test is for the regression of one series on its own level and trend, as interrupted_series, and { $method } is none

## errors from other groups, units and periods
exchanged-groups = Conley-Taber: { $n } treated { $group } groups, residuals under the null of all { $all } exchanged
other-groups = Conley-Taber: { $n } treated { $group } groups, errors from { $others } untreated ones, taken to be alike in distribution and many
exchanged-scaled-groups = Ferman-Pinto: { $n } treated { $group } groups, residuals under the null of all { $all } rescaled by size ({ $size })
other-scaled-groups = Ferman-Pinto: { $n } treated { $group } groups, errors from { $others } untreated ones, rescaled by size ({ $size })
conformal = Conformal, moving blocks, { $n } periods before the onset; smallest attainable p { COMPACT($floor, digits: 2) }; exact if the errors are stationary and the method is right about the donors
placebo = Placebo in space: rank among { $n } donors that take { $treated }'s onset in turn, { $keeps_treated ->
    [yes] which stays a donor
   *[no] itself left out
}{ $noise ->
    [known] , gaps over the error that noise by size gives them (small units are { FIXED($ratio, decimals: 1) } times as noisy as large ones, { P($p) })
    [unknown] , gaps over the error that noise before the onset gives them
   *[equal] , gaps as they are
}; smallest attainable p { COMPACT($floor, digits: 2) }
posterior = Quantiles of { $draws } draws of the counterfactual; simultaneous band over all periods shown
prediction-intervals = Prediction intervals: { $draws } constrained refits for the weights, { $noise } bound for the noise from { $n } periods before the onset; conservative
synthetic-did = Synthetic DiD errors: { $method }, { $draws } replications, normal intervals

## what a reader of the errors must know; $effects are names
negative-variance = the { $covariance ->
    [multi-way-jackknife] multi-way jackknife
   *[other] { $covariance }
} covariance had a negative variance for { $effects }; its negative eigenvalues were set to zero
no-variance-left = no standard error for { $effects }: the variance computed from the data was negative, so the error is unknown{ $remedy ->
    [one-dimension] ; cluster by one dimension
    [clusters] ; cluster instead
    [city-or-partner] ; cluster by city or by partner
    [unit-or-city] ; cluster by unit or city
    [cutoff] ; take kernel = 'bartlett', another cutoff, or clusters
    [both-sides] ; take adjusted = 'both_sides'
   *[none] { "" }
}
no-variation = no standard error for { $effects }: its influence has no variation
too-few-degrees = no error for { $effects }: fewer than one degree of freedom
few-degrees = { FIXED($df, decimals: 1) } Satterthwaite degrees of freedom: the t approximation is poor below 4
no-jackknife-error = no jackknife error for { $effects }: estimated from one cluster alone, or gone without one
one-treated-cluster = one { dimension } is treated: leaving it out leaves no estimate, and no error of this kind exists
few-treated-clusters = only { $treated } of { clusters } are treated: { $consequence ->
    [wild] the bootstrap hardly ever rejects or far too often
    [crv2] the degrees of freedom say how little this error is worth
   *[clustered] clustered errors are too small here
}; read randomization p-values beside them
short-coverage = intervals clustered by pair are too short here: with pair, city-period and partner-period effects a Poisson estimate lies off center and its errors are too small where cities or partners are few ({ $cities } { $cities ->
    [one] city
   *[other] cities
} and { $partners } { $partners ->
    [one] partner
   *[other] partners
} count as { FIXED($equal, decimals: 0) } of each; with { $enough } intervals cover nearly as often as they say). Take the estimator ppml_corrected with the inference weidner_zylkin, or randomization
few-signs = { $n } clusters allow { $vectors } different draws of signs only; prefer randomization
few-sign-vectors = { $n } clusters allow { $vectors } sign vectors, so p-values are multiples of { COMPACT($step, digits: 3) }; webb weights are finer, and neither is reliable with so few clusters
no-regression = the wild bootstrap needs a regression and { $estimator } has none; use jackknife or randomization
short-pre-period = conformal inference rests on { $n } periods before the onset; it wants { $needed }
no-interval-conformal = no conformal p-value is below { COMPACT($floor, digits: 3) }: there is no { SHARE($level) } interval
no-interval-groups = { $n } other groups are too few for a { SHARE($level) } interval
no-interval-donors = with { $n } donors no p-value is below { COMPACT($floor, digits: 3) }: there is no { SHARE($level) } interval
too-few-before = No p-value and no interval: { $n } periods before the agreement, and { $needed } are needed
no-comparison = there is no comparison unit
no-placebo = no placebo in space could be estimated: { $reason }
placebo-failed = the placebo of donor { $donor } failed: { $reason }
without-failed = without { $units }: { $reason }

## the choice; $n and $name of the clusters that count as the fewest equal ones
equal-clusters = { $n } { dimension } clusters count as { FIXED($equal, decimals: 1) } equal ones{ $has_treated ->
    [yes] { " " }(treated ones as { FIXED($treated, decimals: 1) })
   *[no] { "" }
}
no-cluster-counts = no cluster counts
because-one-treated-refit = the method has no influence function and one unit is treated
because-no-influence = the method has no influence function
because-leverage-one = treated rows with { SHARE($share, decimals: 1) } of the headline's weight rest on { $rows } comparison rows of leverage one, and clustered errors do not see their noise
because-few-influential = few clusters carry the estimate: { $clusters }, and errors need { COMPACT($limit) }
because-uneven-influence = few clusters carry the estimate: { $clusters }, and clustered errors need { COMPACT($limit) }
because-enough-influence = enough clusters carry the estimate: { $clusters }
because-concentrated = few clusters carry the estimate: { $clusters }, and scaled errors need { COMPACT($limit) }
because-few-like = { $treated } agreements say nothing about others: { $limit } are needed
because-enough = enough clusters carry the estimate: { $clusters }, and { COMPACT($limit) } are needed
because-little-rests = only { SHARE($share, decimals: 1) } of its weight rests on comparison rows of leverage one
because-failed = { $method } cannot be computed ({ $reason })
because-no-p = { $method } gives no p-value
if-one-treated-refit = no influence function and one treated unit
if-no-influence = no influence function
if-leverage-one = treated rows with more than { SHARE($share) } of the headline's weight rest on comparison rows that alone determine an effect (leverage one)
if-few = clusters of some dimension count as fewer than { COMPACT($limit) } equal ones, by their shares of the headline's variance
if-few-influential = the weights of rows are not known, and { if-few }
if-enough-influence = the weights of rows are not known, otherwise
if-few-like = fewer than { $limit } treated units
if-enough = otherwise
taken = inference taken: { $method }, because { $reasons }. The p-value speaks of { $about ->
    [these] the effect of these agreements
   *[like-these] the effect of agreements like these
}
none-given = no inference is given, because { $reasons }
none-holds = no inference holds for this estimate: { $reasons }

## randomization
scheme = { $across ->
    [labels] the labels of cities and of partners permuted at once, so that agreements cluster as they do
    [strata] onsets re-assigned within strata of units
    [cities] onsets re-assigned across cities, the agreements of one city kept together
    [partners] onsets re-assigned across partners, the agreements of one partner kept together
    [dates] the dates of the treated units exchanged among them, who is treated kept
    [hazard] as many agreements a date dealt among the units then at risk, as likely as a hazard of signing says, and effects taken less their mean over these
   *[units] onsets re-assigned across all units
} ({ $n_treated } treated among { $n_units } units that the re-assignment may use, { $counted ->
    [exactly] { "" }
    [about] about{ " " }
   *[at-least] at least{ " " }
}{ QUANTITY($assignments) } admissible assignments)
randomization = Randomization: { $scheme }, { $is_complete ->
    [yes] all { $draws } others
   *[no] { $draws } draws
}; p-values are about the effect of { $about ->
    [these] these agreements
   *[like-these] agreements like these
} and compare { $statistic ->
    [coefficient] effects
    [t] effects over their clustered errors
   *[score] estimates from the model without treatment, followed by rounds of exact updates,
}{ $noise ->
    [known] { " " }over the error that noise by size gives them{ $rows ->
        [all] , comparison rows included
       *[treated] { "" }
    } (small units are { FIXED($ratio, decimals: 1) } times as noisy as large ones, { P($p) })
    [unknown] { " " }over the error that noise gives them
   *[equal] { "" }
}; smallest attainable p { COMPACT($floor, digits: 2) }{ $intervals ->
    [yes] ; intervals collect the constant effects that the test of the effect does not reject
   *[no] { "" }
}
randomization-refused = Randomization: { $scheme }; no p-value could be below { COMPACT($floor, digits: 2) }, so none is given
too-few-assignments = there are only { $n } admissible assignments: no p-value could be below { COMPACT($floor, digits: 2) }, so none is given
draws-failed = { $n } of { $draws } re-assigned designs failed: { $reason }
other-rows = observes other rows
no-draw = none of { $draws } re-assigned designs could be estimated: { $reason }
no-assignment = there was no assignment
missing-in-draws = effect { $effect } is missing in { $n } of { $draws } draws
unbounded = the interval has no end on at least one side, because the randomization test rules out no effect there, however large: { $effects }
unmoved = no interval for { $effects }: a constant effect after the agreement does not move it
evidence-needs = evidence is weighed on pair effects beside effects of city and period, of partner and period, or of periods, without covariates and weights
evidence-few = evidence needs two pairs that traded before their agreement; there { $n ->
    [one] is one
   *[other] are { $n }
}
calibration-few = a calibration needs { $times } pairs without an agreement for each of the { $n } with one; { $free } could have signed
calibration-none = in one draw no pairs could take the agreements
calibration-lost = only { $n } of { $of } placebo registers could be judged; the first of the others: { $reason }
hazard-none = name at least one variable of the hazard of signing: hazard = ["size", "growth"]
hazard-column = { $name } is no variable of the hazard of signing: the panel has no such column; there are always "size" and "growth"
hazard-constant = a variable of the hazard of signing is the same for all units
hazard-separated = the hazard of signing has no estimate: its variables say perfectly who signs
hazard-numbers = { $name } does not hold numbers for all units and cannot enter the hazard of signing
doses-dealt = randomization deals onsets to other pairs, and cannot deal { $rule ->
    [none] doses; call tt.infer(fit, "clustered")
   *[levels] levels of agreements (rule = "levels" under [design.treatment]); set name = "clustered" under [inference]
    [dose] numbers of agreements in force (rule = "dose" under [design.treatment]); set name = "clustered" under [inference]
}
hazard-t = across = "hazard" compares effects, not t statistics
recentered = less its mean over the assignments the effect is { COMPACT($effect, digits: 3) }, which lies in the interval; the estimate need not
hazard-ratio = effects of this method less their mean over the assignments have p-values and no interval
not-linear = the effect is neither linear in the outcome nor a ratio of flows: randomization gives p-values and no interval

## tests of effects before the agreement
no-event-study = the estimate is no event study
no-joint-pre = { $inference } gives no joint covariance of the pre-period effects
no-pre-effect = the window holds no pre-period effect that could be tested
crv2-rows = crv2 with weights takes at most { $most } rows and there are { $n }; use the jackknife
