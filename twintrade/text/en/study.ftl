# What the program says on the terminal and in the files it writes.
and-others = { $name } and others

## running
wrote = wrote { $path }
new-project = neither this folder nor one above it holds { $folder }/: a new project starts here
project-above = this folder belongs to the project { $root }: files are looked for and written there. To start a new project here, make a folder { $folder }/ first
question-city = Which column names the cities, the end that the agreements are about?
question-partner = Which column names the partner countries?
question-partner_names = Is the rest of the partners left out, or kept: in the comparison, as never treated, or for totals only?
question-value = Which column holds the figures?
question-flow = Are the figures exports or imports of the city?
question-date = Which column has the date of the signature?
question-kinds = Which kind of agreement are those, or are they none?
question-money_unit = In which unit are the figures? For example: USD, 1,000 EUR, 万美元
question-product_revision = Which classification do the products follow? For example: HS2012, SITC4
question-absent = What does it mean that a row is absent?
question-reporter = Who recorded the trade?
question-sheet = Which sheet is to be read?
question-repeated = Of several columns of one name, which is read? 1 is the first of each name
question-choose = A number, or Enter to leave it open
question-write = Your answer, or Enter to leave it open
question-again = “{ $typed }” is no answer to this.
question-given-up = { $key } stays open: “{ $typed }” is no answer to it. Write the line in the analysis file{ $n ->
    [0] { "" }
   *[other] : { $choices }
}
next-check = next: twintrade check { $name }, then twintrade run { $name }
none-dated = None of the agreements given has a date, and nothing can be estimated without one. A list with dates is declared so:
if-undated = Agreements whose date is not known are never a comparison. If you have a list of them:
every-guess = the guesses that matter most are marked GUESS in { $folder }/{ $name }.toml: confirm or correct each
calibrate-needs = { $case ->
    [yes] { $name } is about one pair, which is ranked among all pairs and needs no calibration; name an analysis of several pairs
   *[no] { $name } has no verdict to calibrate: it needs a headline of several pairs and the check evidence; add [[diagnostic]] name = "evidence"
}
next-run = next: twintrade run { $name }
next-correct = next: correct the reported errors, then twintrade check { $name }, then twintrade run { $name }
swap-as-in = as in { $name }
swap-country = the country of the city
swap-left = not taken over from { $name }: { $keys }
swap-registry = { $name } describes a register and has no design: name an analysis that estimates an effect
swap-pair = { $name } is about one pair: say which pair the new one is about, as --pair "Jinan–GBR"
swap-no-pair = { $name } is about many pairs: leave out --pair
swap-pair-unread = --pair takes a city and a partner country with a dash between them, as "Jinan–GBR", not “{ $typed }”
swap-partner = “{ $typed }” is no country that this program knows: give its name or its ISO code
swap-absent = the new trade table has no rows for “{ $typed }” ({ $code })
swap-city = the new trade table has no city “{ $typed }”{ $n ->
    [0] { "" }
   *[other] ; near: { $near }
}
interrupted = interrupted; earlier results are untouched, and the next run reuses the long jobs that were finished
not-run = { $name }: not run yet
no-results = { $name }: no results yet
differs = { $name }: differs: { $changes }
as-recorded = { $name }: as recorded
fault = a fault of the program ({ $error }); set { $variable }=1 to see where, and report it
stage-read = reading the data
stage-design = looking for the design that the data bear
stage-estimate = estimating
stage-try = estimating { $label }
stage-weigh = trying other answers to guesses
stage-check = checking
stage-calibrate = judging placebo registers
stage-collect = comparing with other software, and putting the results together
stage-draw = drawing the appendix
run-takes = this run is expected to take { $span }
job = job { $n } of { $all }, { $job }{ $refits ->
    [none] { "" }
   *[other] { " (" }{ $refits })
}
job-takes = { $job }: expected to take { $span }
job-left = { $span } left; { $job }
job-over = longer than expected, { $span } left after it; { $job }
not-there = not there: { $files }; set TWINTRADE_DATA to the folder that holds them
not-there-fetch = not there: { $files }; to bring them, type: { $commands }
did-you-mean = { $folder }/ holds no analysis called “{ $name }”. Did you mean “{ $near }”?
there-are = { $folder }/ holds no analysis called “{ $name }”. It holds { $known }
there-is-none = { $folder }/ holds no analysis yet. Start this one with: twintrade init { $name }
held-by = process { PLAIN($process) }, since { $since }
lock-empty = its lock file is still empty

## the table at the end
head-effect = headline effect
ending-done = done
ending-done-in = done in { FIXED($seconds, decimals: 0) } s
ending-fresh = up to date
ending-skipped = skipped
ending-failed = failed
ended = { $name } { $ending }: { $said }
earlier-stand = earlier results are unchanged
earlier-stand-details = details: results/{ $name }.messages.csv; earlier results are unchanged
none-estimated = none estimated
watched = { $n ->
    [0] no look taken yet
    [one] one look
   *[other] { $n } looks
}{ $state ->
    [rang] , rang in { $at }
   *[quiet] { $n ->
        [0] { "" }
       *[other] , not rung
    }
}
objecting = { $objects } object{ $checks ->
    [none] { "" }
   *[other] { " (" }{ $checks })
}, { $does_not_object } do not, { $cannot_tell } cannot tell

guesses-open = { $name } rests on { $n ->
    [one] one guess
   *[other] { $n } guesses
} that nobody has confirmed: read the lines marked GUESS in its file, then remove the marks or run it with --confirm

## what changed since results were made
changed-guesses = guesses were confirmed, or made
changed-nothing-there = no results yet
changed-file = the analysis file
changed-page = what the report shows
changed-program = the program
changed-input = input { $path }
changed-input-gone = input { $path } is gone
changed-result-gone = result { $path } is gone
changed-result = result { $path } was edited
changed-other-result = result { $path } is not of this run

## twintrade check
skipped-absent = { $name }: skipped. { $why }
declared-at = { $file }, { $table } at line { PLAIN($line) }
panel = panel
registry = registry
agreements = agreements
estimators = estimators
reconciled = { $twinnings ->
    [one] { $twinnings } agreement
   *[other] { $twinnings } agreements
}, { $pairs ->
    [one] { $pairs } pair
   *[other] { $pairs } pairs
}: { $said }
runners-up = what other answers to guesses would do
runner-up = with { $shown } in line { PLAIN($line) } the headline would be { $after } instead of { $before }{ $known ->
    [no] { "" }
   *[yes] , { FIXED($moved, decimals: 1) } standard errors away
}
runners-up-less = others move it less: { $shown }
runner-up-less = { $shown } by { FIXED($moved, decimals: 1) } standard errors
guesses-move = { $file }: { $n ->
    [one] a guess that nobody has confirmed moves
   *[other] { $n } guesses that nobody has confirmed move
} the headline by more than half a standard error: { $said }. Correct the line, remove its mark if it is right, or write confirmed = true under { $tables }
guesses = { $n ->
    [one] { $n } line is
   *[other] { $n } lines are
} still marked GUESS: { $lines }. Confirm each and remove its mark
guess = { $key } (line { PLAIN($line) })
policies = other policies
policy = { $name }: { $n ->
    [0] in force nowhere by the last period
   *[other] { $n } { $units ->
        [city] { $n ->
            [one] city
           *[other] cities
        }
       *[pair] { $n ->
            [one] pair
           *[other] pairs
        } of { $n_cities ->
            [one] one city
           *[other] { $n_cities } cities
        }
    }, begun from { $began_first } to { $began_last }{ $n_ended ->
        [0] { "" }
       *[other] ; ended in { $n_ended } of them, from { $ended_first } to { $ended_last }
    }
}
cells = { $rows } of { $all } unit-periods: { $n } units ({ $cities } cities × { $partners } partners), { $first } to { $last }
outcome = { $outcome }{ $outcome_unit ->
    [none] { "" }
   *[other] { " " }in { $outcome_unit }
}: { $zeros ->
    [one] { $zeros } zero
   *[other] { $zeros } zeros
}, { $missing } missing; quartiles { $quartiles }
units-by-role = units: { $roles }
onset = { $unit } from { $period }
will-be-skipped = { $label }: will be skipped: { $why }
qualifies = { $label }: qualifies
estimates = { $label }: can be estimated
plans = { $label }: can be estimated; inference by { $method }{ $n ->
    [0] {""}
   *[other] , with { $n } further estimates
}, { $span }
nothing-estimates = Nothing can be estimated: the run will end here.
not-tried = The panel is large: whether the effects of columns that only qualify are identified shows in the run alone.
no-reference = { $n } of { $all } treated { $units ->
    [city] cities
   *[pair] pairs
} have no figure { $reference ->
    [-1] in the period before the agreement
   *[other] at event time { EVENTTIME($reference) }
}, which paths are measured against
warnings-before = Before that the run had warned:
pairs-watched = none: { $n ->
    [one] one pair is
   *[other] { $n } pairs are
} watched by { $looks }, against pairs without an agreement
pictures-only = none: pictures only
time = time and memory
forecast = twintrade run { $name } takes { $high } on one core, and { FIXED($megabytes, decimals: 0) } MB of memory
forecast-range = twintrade run { $name } takes { $low } on one core where standard errors can be trusted, { $high } where agreements have to be re-assigned (the run finds out which), and { FIXED($megabytes, decimals: 0) } MB of memory

## twintrade explain
unsaid = The data cannot be read, so the assumptions stay unsaid: { $why }
jobs = Jobs, in order; each has a seed made from its name and the seed above:
no-jobs = none: the series are shown as they are
full = Full specification:
recipe = Recipe { $name }: { $equation }. { $said }
rule = Agreements: { $rule }
case = Case: { $unit }; every other pair that is treated or linked is left out of its donors.
comparison = Comparison: { $comparison }.
column = { $label } ({ $citation }){ $is_headline ->
    [yes] { "  ← headline" }
   *[no] { "" }
}
skipped = Will be skipped: { $why }
averages = Averages: { $estimand }
assumes = Assumes: { $assumption }
inference = Inference: { $name }{ $options ->
    [none] { "" }
   *[other] { " (" }{ $options })
}, seed { PLAIN($seed) }.
beside = Beside it, for the overall effect: { $names }.
check = Check { $name }: { $said }

## files
path-too-long = { $what }: a path is { $excess ->
    [one] one character
   *[other] { $excess } characters
} longer than Windows allows. Move the project to a folder with a shorter path.
device-name = Windows keeps the name { $name } for a device: choose another name

formats-missing = Not printed: { $formats }.
format-typst = PDF, which needs pip install "typst>=0.15,<0.16"
format-docx = Word, which needs pip install python-docx

## answers to programs
no-schema = there is no schema of { $name }: there are { $known }
no-task = the guide has no task { $name }: it has { $known }

## twintrade list
no-folder = none: neither this folder nor one above it holds { $folder }/; start with: twintrade init NAME
unreadable = cannot be read; twintrade check says why
options = options: { $options }
presets = { $exhibit }. In: { $presets }

## a registry
holds = The registry holds { $n } agreements of { $cities } cities with { $countries } countries; { $city } has the most, { $most }.
average-twins = On average a city has { FIXED($mean, decimals: 1) } of them in this registry (median { FIXED($median, decimals: 1) }): what was found, not all there are.
dated = A date is known for { $dated } of { $n } agreements.
no-population = Size against twins is not drawn: no population of these cities was given ([registry.cities]).
few-cities = No slope of twins on size: { $cities } cities are known and { $needed } are needed.
no-ends = The registry does not say which agreements have ended.
elasticity = elasticity over { $cities } cities
agreement = agreement { $n }

## fetching
fetch-plan = { $n ->
    [one] one request
   *[other] { $n } requests
} to { $endpoint }{ $lists ->
    [yes] {" "}for lists of codes, and then those for the figures
   *[no] { "" }
}, about { $rows } rows ({ $kilobytes } kB) in about { $seconds } s at the publisher's pace
fetch-first = first: { $address }
fetch-key = { $variable } { $is_set ->
    [yes] is set
   *[no] is not set
}, a key is { $need } ({ $page })
fetch-rows = { $n } rows; these lines of an analysis file read them, and twintrade init ANALYSIS --fetched { $name } --twinnings FILE writes them into a new one:
fetch-silent = No row came for { $n ->
    [one] one reporter and period, which counts
   *[other] { $n } pairs of reporter and period, which count
} as missing and not as zero trade: { $spots }
fetch-step = { PLAIN($number) } of { PLAIN($n) }, { $label }
fetch-interrupted = { $n } answers of an interrupted fetch of { $name } are kept: go on with --resume, or remove { $path } to begin anew
fetch-empty = { $source } has no row for this query: nothing was written
fetch-columns = { $source } gave answers with different columns ({ $one }; and { $other }): nothing was written
fetch-stopped = interrupted: answers so far are kept, go on with --resume
pages-left = { $path } was not removed: { $why }
no-fetched-card = { $path } is not the card of a fetched table
fetched-changed = { $path } is not as it was fetched: its checksum differs from { $card }
fetched-register = { $name } holds agreements: give it as --twinnings

## lists of agreements
merged = { $rows } rows of { $files ->
    [one] one list
   *[other] { $files } lists
} are { $n } agreements, { $undated } of them without a date; no row was left out
listed-fault = row { PLAIN($row) }: { $fault }
listed-right = nothing in { $file } cannot be right
dates-to-find = { $n ->
    [0] Every agreement of { $name } has a date or bounds that settle it.
    [one] One pair of { $name } has an agreement whose date is unknown. Expected is what the rest of its city's and its partner's trade before the first agreement implies, without its own figures.
   *[other] { $n } pairs of { $name } have an agreement whose date is unknown. Those with the most trade to expect come first; expected is what the rest of the city's and the partner's trade before the first agreement implies, without the pairs' own figures.
}
date-to-find = { "  " }{ PLAIN($place) }. { $unit }, expected { QUANTITY($expected, $money) } a { period }: { $known }
coverage-frame = { $n ->
    [one] One city is
   *[other] { $n } cities are
} in both lists; what follows is about their agreements alone.
coverage = { $units ->
    [pairs] Pairs of a city and a country
   *[other] Agreements
}: { $first } in the first list, { $second } in the second, { $both } in both. About { $total } exist (95 % interval { $low } to { $high }, Chapman), { $unseen } of them in neither; the lists have { SHARE($seen) } together.
coverage-assumption = This assumes that being in one list says nothing about being in the other, and that every agreement has the same chance of being listed.
coverage-bound = { $bound ->
    [shared] For { $n } of the { $shared } shared agreements both lists cite the same page, so that they are not independent: the estimate is a lower bound.
   *[unknown] No shared agreement cites the same page in both. Where one list was copied from the other, or both have what is famous, the estimate is a lower bound.
}
coverage-share = Of { $n } comparison pairs without a known agreement, { SHARE($share, decimals: 1) } would have a hidden one ({ SHARE($low, decimals: 1) } to { SHARE($high, decimals: 1) }): a share for [[diagnostic]] hidden_agreements.

## from pairs to cities
world-head = translation
world = trade among { $places } places{ $year ->
    [none] { "" } (of a year that nothing names: set year under [translate])
   *[other] { "" } of { PLAIN($year) }
}, { $unknown } of them without known home trade; { $pairs ->
    [one] one treated pair
   *[other] { $pairs } treated pairs
} in { $models } models
world-of-exports = [translate] is about exports of cities to partners: set outcome = "exports" and unit = "dyad" in [design] (given: { $outcome }, { $unit })
world-open = the interval has an end missing, so that no world is at it
