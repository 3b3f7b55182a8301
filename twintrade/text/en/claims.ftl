# What the results say about claims.
lacking = { $id } needs { $need }
not-examined = Not examined here; needs { $need }.
no-interval = no interval
estimate = { $label }: { $size } ({ $interval }{ $p ->
    [none] { "" }
   *[other] ; { P($p) }
}).
graded = { $inference ->
    [placebo] Ranked among all pairs
   *[randomization] Against pairs as large and growing
}: { $size } ({ $interval }{ $p ->
    [none] { "" }
   *[other] ; { P($p) }
}); { $grade ->
    [strong] strong evidence
    [some] some evidence
    [small] too small to matter
    [nothing] no change that matters
   *[cannot] the data cannot tell
}.
by-grade = a rise of { $rise } or a fall of { $fall }, called evidence four times in five
mean = { $method } { $size } ({ $interval }; { $how })
mean-alone = { $mean }.
mean-beside = By another method, which is not the answer: { $mean }.
part = { $label } { $size } ({ $interval })
parts = { $effects }.
groups = { $effects }; equality { $p ->
    [none] not tested
   *[other] { P($p) }
}.
no-objection = { $whose ->
    [headline] That no such check of the headline objects is no proof.
   *[other] That no such check of other columns objects is no proof.
}
larger-than-whole = larger than that of the whole, { $whole }

# Why a claim is not decided.
undecided = Without an interval the claim cannot be supported by this analysis.
floor = The smallest p-value that this comparison can give is { FIXED($floor, decimals: 3) }, above { FIXED($level, decimals: 3) }: the claim cannot be supported by this design.
adjusted = After Holm's adjustment over { $n } claims: { P($p) }.
both-answers = The data allow both answers.
objecting = { $names } { $n ->
    [one] objects
   *[other] object
}, so the difference cannot be read as the agreement's.

# Effects and the smallest that would be found.
more-than = more than +{ $size }
by-placebos = { $size } (placebo designs)
by-interval = { $size } (from the interval)
between-groups = { $size } between groups (from the intervals)
endless = unknown: the interval has no end

# The claims of the literature, in our own words.
claim-C1 = { $outcome ->
    [exports] Exports to the partner's country rose after the agreement.
    [imports] Imports from the partner's country rose after the agreement.
   *[other] Trade with the partner's country rose after the agreement.
}
claim-C2 = The series breaks at the date of the agreement.
claim-C3 = Agreements of recent date work, older ones are a symbol.
claim-C4 = Agreements that are kept alive work, dormant ones do not.
claim-C5 = The city brings firms together: more firms trade, not only more per firm.
claim-C6 = What holds for middling cities holds for larger ones.
claim-C7 = Larger cities have more twins.
claim-C8 = A few strategic agreements do more than many.
claim-C9 = Agreements are hardly ever ended.
claim-C10 = A full sister city does more than a friendship or a memorandum.
claim-C11 = An office abroad and a strategy of its own make twinning work.
claim-C12 = Technical projects are led by technical teams, and centralization does not go with success.
claim-C13 = A city in one large network of cities is in the others as well.
claim-C14 = The effect is not special to one pair of countries.
claim-C15 = What is gained is not taken from other flows.
claim-C16 = The agreement comes first and the trade follows.

# What an analysis that says nothing about one lacks.
need-C1 = an estimate of the effect
need-C2 = the check unknown_break on one pair with twelve periods or more
need-C3 = the check heterogeneity by era
need-C4 = a column on activity known before the agreement (activity after signing is an outcome), and heterogeneity by it
need-C5 = counts of firms or products, and the check margins
need-C6 = a column on size, and heterogeneity by it
need-C7 = the number of twins and the population of each city: the recipe registry
need-C8 = the check heterogeneity by order, or the number of agreements as the treatment
need-C9 = a registry that says which agreements have ended: the recipe registry
need-C10 = the check heterogeneity by kind, with agreements of both sorts
need-C11 = the dates at which offices abroad opened, under [[data.policies]] with office = true, and the check policies; with as few as three offices, a randomization test over the dates and cities at which they could have opened
need-C12 = one row a city with who leads its projects, how centralized it is and whether projects succeeded; Fisher's exact test of the first, a permutation test of the correlation of the second
need-C13 = a table of cities by networks with membership; a permutation test of the overlap that keeps the size of each network and the memberships of each city
need-C14 = the check heterogeneity by partner
need-C15 = the check spillovers
need-C16 = the checks selection or pretrends
need-own = an estimate or a check called { $about }

check = { $check }: { $said }
range = { $low } to { $high }
