# Watches: agreements that are looked at again and again while they run.

## refusals
no-table = { $name } has no table [watch]: add one with the pairs that will sign and the dates (docs/watch.md)
no-pairs = a watch needs pairs of city and partner, in years, quarters or months without gaps between them
no-date = watch.portfolio, { $pair }: “{ $date }” { $reason }
looks-too-often = watch.looks is { $looks }, and the table has one value a { $period_name }: look no more often than the data come
no-years-before = the table has { $n ->
    [0] no full year
    [one] one year
   *[other] { $n } years
} before { $first }; a watch needs three, from which each pair’s mean and its seasons are taken. Add earlier years
pair-not-usable = watch.portfolio: { $pair } { $why ->
    [unknown] is no pair of the trade table. Write it as city-partner, with the names and codes of the table
    [gaps] has a period without trade before signing: its usual trade cannot be measured. Leave it out
   *[linked] has an agreement already, or a link of unknown date. Leave it out
}
alone = no other pair of the table shares the city or the partner of a watched pair: a double ratio needs both. Add pairs of the same city and the same partner
few-controls = { $boundary ->
    [linear] the rule gives { $n } control portfolios, and { $looks } looks need { $needed } under linear spending: with fewer the first looks cannot ring. Look less often, shorten the horizon, watch several pairs together, or set boundary to obrien_fleming
   *[other] the rule gives { $n } control portfolios: too few for any alarm at this alpha. Add pairs, or watch several pairs together
}
too-late = the table reaches { $last }, and the first agreement begins in { $first }: a watch is registered before its outcomes are there. For agreements of the past use an event study
not-registered = { $name } is not registered: no look is taken. Before the agreements begin, type: twintrade watch register { $name }
changed = { $key } was registered as { $registered } and is { $now } now: a watch keeps its pairs, looks, boundary and controls. Restore it, or register a new watch under another name
controls-gone = { $n ->
    [one] the pair { $pair } is
   *[other] { $n } pairs, { $pair } among them, are
} in the registered watch and not in the trade table: controls are not replaced. Restore the table
no-such-look = { $why ->
    [early] { $at } is a registered look, and the table ends with { $last }: wait for its data
   *[other] { $at } is not a registered look. Registered are: { $known }
}
shorter = the look of { $last } was taken, and the table no longer reaches it. Restore the later periods

## the commands
registered = Registered: { $n ->
    [one] one pair
   *[other] { $n } pairs
}, { $looks } looks from { $first } to { $last }, { $controls } control portfolios.
line = A lasting rise of { SHARE($rise) } rings within { $last ->
    [one] one year
   *[other] { $years } years
} with probability { $shares }{ $rise ->
    [0] : false alarms
   *[other] ; for { SHARE($power) } within { $last ->
    [one] one year
   *[other] { $last } years
} it needs { $n ->
        [0] more than { $most } agreements
        [one] one agreement
       *[other] { $n } agreements
    }
}.
share = { SHARE($share) }
sha256 = sha256 of { $file }: { $sha256 }
next = next: have { $file } dated by somebody else (docs/proof.md says how), then with each new release of the table: twintrade watch look { $name }
looked = { $at }: { LOGPERCENT($mean, sign: "always") } since signing{ $has_set ->
    [1] , set { LOGPERCENT($low, sign: "always") } to { LOGPERCENT($high, sign: "always") }
   *[0] , no set yet
}; { $rang ->
    [1] rang
   *[0] quiet
}{ $is_revised ->
    [1] ; revised to { LOGPERCENT($now, sign: "always") } since
   *[0] { "" }
}
looked-none = No registered look is due: the next is that of { $next }.

## the page
title = { $question } { $state ->
    [rang] The watch rang in { $at }
    [quiet] Nothing rang until { $at }
   *[none] Nothing has been looked at yet
}
planted = { $planted ->
    [0] { "" }
   *[other] { "" }An effect of { LOGPERCENT($planted, decimals: 0, sign: "always") } is planted on the watched pairs from the day they sign: this page shows how it is found.
}
answer = { $state ->
    [none] No look has been taken. The first of { $n_looks } is due with the data of { $at }.
    [quiet] Nothing yet: no look until { $at } rang. { $seen ->
        [0] No rise of any size would have shown by now.
       *[other] A lasting rise of { SHARE($seen) } would have shown by now with a probability of { SHARE($power) }.
    }
   *[rang] In { $at } trade of the watched pairs stood { $moved ->
        [lower] { SHARE($size) } below
       *[higher] { SHARE($size) } above
    } its own past, measured against other trade. Without any effect all looks together show so much in no more than { SHARE($alpha) } of cases.
}
head-seen = What was seen
seen = By { $at } trade since signing is { LOGPERCENT($mean, sign: "always") } from its mean before, as a double ratio: against other trade of the same cities and of the same partners. { $kind ->
    [none] No set can be given yet: at this look none of so few controls may cross.
   *[other] Whatever its path, the mean effect until then lies between { LOGPERCENT($low, sign: "always") } and { LOGPERCENT($high, sign: "always") }.
}{ $kind ->
    [none] { "" }
    [empty] { " " }No constant effect is in every set so far: the effect has not been constant.
   *[both] { " " }If the effect has been constant, it lies between { LOGPERCENT($constant_low, sign: "always") } and { LOGPERCENT($constant_high, sign: "always") }.
}{ $is_long ->
    [yes] { " " }For comparison, an asymptotic confidence sequence from the portfolio’s own months (Waudby-Smith et al. 2024) runs from { LOGPERCENT($from, sign: "always") } to { LOGPERCENT($to, sign: "always") }; it assumes a long series whose dependence stays as it was before.
   *[no] { "" }
}{ $revised ->
    [0] { "" }
    [one] { " " }One look has been revised by a later release. What was decided then stands: a later figure never takes back an alarm, nor makes one.
   *[other] { " " }{ $revised } looks have been revised by a later release. What was decided then stands: a later figure never takes back an alarm, nor makes one.
}
head-learned = What can be learned
learned = { $years ->
    [0] The table has too few years before signing to say how often a rise would ring.
   *[other] { $n ->
        [one] A single pair teaches little: within
       *[other] Within
    } { $years ->
        [one] one year
       *[other] { $years } years
    } the watch rings in { SHARE($none) } of cases without any effect, in { SHARE($some) } with a lasting rise of { SHARE($rise) }, and in { SHARE($double) } with a doubling. Counted on the untreated pairs of this table, as if they had signed as many years before.
}
head-sure = How sure
sure = The portfolio and { $n_controls } control portfolios are ranked by the size of their change, and at most { $n_cross } of them may cross over all { $n_looks } looks. A portfolio that is one of them rings without an effect with probability { SHARE($alpha) } at most, whatever the dependence over time and whenever one stops. Controls { $alike ->
    [partner] are drawn from pairs of the same partner
    [nearest] are the { $n_alike } pairs nearest in size, which is measured and not exact: the portfolio is the center of its own controls and not one of them
   *[size] are drawn from pairs of the same stratum of size, { $n_alike } or more
}; the rule was fixed before signing.
head-rests = What it rests on
rests = Alpha is spent { $boundary ->
    [obrien_fleming] slowly at first (O’Brien-Fleming-like)
    [pocock] quickly at first (Pocock-like)
   *[linear] evenly over the looks
}; the first look that can ring is that of { $first_look }. { $n_pairs ->
    [one] { "" }
   *[other] Control portfolios may share pairs with each other and with the watched one, { SHARE($overlap, decimals: 1) } of places on average.{ " " }
}{ $n_gaps ->
    [0] { "" }
   *[other] Pairs with a period without trade before signing are excluded ({ $n_gaps }).{ " " }
}A later period without trade counts as half of a pair’s least before. A control that signs stays and counts as crossed, for who signs next is no accident. In the year before signing { SHARE($p_before) } of all portfolios, this one among them, moved from their past as far as this one{ $selection ->
    [objects] : it stood out before it signed. If signing follows outcomes, portfolios are not exchangeable, and the watch can ring too often.
   *[none] ; this does not object to exchangeability, and cannot prove it.
}{ $concentration ->
    [half] { " " }The largest pair has { SHARE($largest) } of the weight: in effect the watch is of that pair.
   *[none] { "" }
}
figure = Change of the watched trade since signing, and the set for its effect at each look
figure-note = Bars: sets that are all right together with the stated probability. They narrow as months add up.
alt = Mean change and set at each of { $n } looks; { $to_come } looks are to come.
mark-seen = change at a look
mark-rang = rang
mark-to-come = look to come
mark-revised = in the present release
not-constant = not constant
looks = Looks done and to come
looks-note = { $done } of { $n } looks are done, { $shown } are shown, and with them any first alarm. Set: for the mean effect since signing, on any path. If constant: the intersection of all sets so far.
column-look = Data until
column-taken = Taken
column-mean = Change
column-set = Set
column-constant = If constant
column-state = State
state-to-come = to come
state-rang = rang
state-quiet = quiet
state-cannot = cannot ring yet
column-now = Revised to
table-learned = How often the watch rings
learned-note = Share of placebo portfolios of untreated pairs that ring when every pair is raised by so much from signing on. The first row is the share of false alarms.
column-rise = Lasting rise
column-years = within { $n ->
    [one] one year
   *[other] { $n } years
}
column-needed = Agreements for { SHARE($power) } in { $years ->
    [one] one year
   *[other] { $years } years
}
rise = { $rise ->
    [0] none: false alarms
   *[other] { SHARE($rise) }
}
needs-more = more than { $n }
pairs = Watched pairs
