# Registrations: what an analysis fixed before its outcomes were looked at, and what later runs changed.

## the command
exists = { $name } was registered on { $date }: a registration is not written twice. To register anew, move { $folder }/{ $name } away and say why
nothing-estimated = { $name } describes a registry and estimates nothing: there is nothing to register
few-periods = errors cannot be estimated from { $n ->
    [one] one period
   *[other] { $n } periods
} before the first agreement; { $fewest } are needed. Use --errors stated
draws-few = --draws is { $fewest } or more: with fewer outcomes size and power say nothing
unreadable = { $file } is no registration that can be read: bring back the file as it was written
tampered = { $file } was changed after it was written: the hash it holds does not fit its content. Bring back the file as it was written
of-another = { $file } is the registration of { $name }
log-unreadable = { $file } cannot be read: bring back the file as it was written
sha256 = sha256 of registration.json: { $sha256 }
next-stamp = next: have this file dated by somebody else (docs/proof.md says how), then twintrade run { $name }

## the page
title = { $title }: registration
byline = Registered on { $date } with twintrade { $version }
no-question = What did the agreements change?
simulated = Every outcome behind this page is simulated. No outcome after an agreement was looked at.
existed = Results of this analysis were there already when it was registered on { $date }: they are dated { $existed }. This registration cannot show that the outcomes were unknown.
head-estimated = What will be estimated
design = The data are { $pairs ->
    [one] one pair
   *[other] { $pairs } pairs
} of { $cities ->
    [one] one city
   *[other] { $cities } cities
} and { $partners ->
    [one] one partner
   *[other] { $partners } partners
}, { $first } to { $last }. An agreement begins within these dates in { $n ->
    [one] one pair
   *[other] { $n } pairs
}; { $comparison ->
    [one] one pair is
   *[other] { $comparison } pairs are
} compared with { $n ->
    [one] it
   *[other] them
}.
headline = The headline is { $label }, the column by which the main claim is judged; { $n ->
    [one] there is no other column
    [2] there is one other column
   *[other] the ladder has { $n } columns
}.
no-headline = No effect will be estimated.
head-claim = The main claim
no-claim = This analysis examines no main claim.
rule = It is judged by the headline alone at 5 %; all other claims share 5 % among them, by Holm’s adjustment, and a check that objects leaves any of them undecided.
head-sure = How sure it will be
inference = The analysis file names { $name }.
taken = { $name } ({ $n })
methods = Taken in { $n ->
    [one] one simulated outcome
   *[other] { $n } simulated outcomes
}: { $taken }.
head-find = What the design can find
size = Without any effect, the headline’s test rejects at 5 % in { SHARE($size, decimals: 1) } of { $n } simulated outcomes (Monte Carlo standard error { SHARE($error, decimals: 1) }; seed { PLAIN($seed) }){ $failed ->
    [0] { "" }
    [one] ; one outcome gave no test
   *[other] ; { $failed } outcomes gave no test
}.
no-test = The headline gives no test, so size and power are unknown.
detectable = A rise of { $effect } is found four times in five (95 % Monte Carlo interval: { $low } to { $high }).
no-detectable = The interval has no lower end too often for any rise to be found four times in five.
open = no upper end
power = How often a rise of each size would be found
power-axis = Rise, { $unit }
power-table = Share of simulated outcomes in which a rise is found
power-note = A rise moves the estimate and its interval by as much; the outcomes are the same in every row.
head-errors = How outcomes were drawn
errors = { $source ->
    [before] Errors are estimated from { $n_rows } rows of the { $n_periods } periods before the first agreement; each pair keeps its own size and its share of rows without trade
   *[stated] Errors are the program’s own, and no outcome was looked at
}. The logarithm of a flow is the pair’s size (standard deviation { FIXED($size, decimals: 2) }), and an error of the pair ({ FIXED($pair, decimals: 2) }), of the city in the period ({ FIXED($city, decimals: 2) }) and of the partner in the period ({ FIXED($partner, decimals: 2) }), each with a serial correlation of { FIXED($serial, decimals: 2) }; { SHARE($zeros, decimals: 1) } of rows have no trade.
head-checks = Checks
checks = { $n ->
    [0] The analysis file names no check
    [one] One check will be made: { $names }
   *[other] { $n } checks will be made: { $names }
}.
table-columns = Columns of the ladder
table-claims = Claims that the analysis examines
table-agreements = Pairs treated within the sample, and their first period
skipped = Not estimated: { $reason }
head-proof = Proof
proof = The sha256 of registration.json is { $sha256 }. Have it dated by somebody else: by a time-stamping authority (RFC 3161), or by uploading the file to OSF. Later runs of { $analysis } print every deviation from it. The folder rehearsal/ holds the pages of one run on a simulated outcome.

## later runs
status = Registered on { $date }, { $n ->
    [0] unchanged
    [one] with one deviation
   *[other] with { $n } deviations
}{ $late ->
    [yes] ; results of { $existed } were there already
   *[no] { "" }
}.
about-specification = analysis file
about-design = data
kind-changed = changed
kind-added = added
kind-removed = removed
heading = The registration, and deviations from it
file = The registration was written at { $at }; its sha256 is { $sha256 }.
table-deviations = What differs from the registration
note = Since: the first run that had it. A deviation that is not in force was withdrawn before this run. Columns that were not registered are marked exploratory.
exploratory = { $label } (exploratory)
