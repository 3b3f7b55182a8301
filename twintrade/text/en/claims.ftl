# What the results say about claims.
lacking = { $id } needs { $need }
not-examined = Not examined here; needs { $need }.
no-interval = no interval
range = { $low } to { $high }
estimate = { $label }: { $size } ({ $interval }{ $p ->
    [none] { "" }
   *[other] ; { $p }
}).
mean = { $method } { $size } ({ $interval }; { $how })
mean-alone = { $mean }.
mean-beside = Another method, not the answer here: { $mean }.
part = { $label } { $size } ({ $interval })
parts = { $effects }.
groups = { $effects }; equality { $p ->
    [none] not tested
   *[other] { $p }
}.
check = { $check }: { $said }
no-objection = That no check objects is no proof.
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
