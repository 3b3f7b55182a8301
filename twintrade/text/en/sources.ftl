# What is said of publishers' interfaces and of the data that come from them.

needs-options = { $source } needs { $options }
agent = twintrade/{ $version } (study of twinning agreements and trade{ $contact ->
    [none] { "" }
   *[other] ; { $contact }
})

## answers that are not what a publisher documents
refused = { $source }, { $label }: { $why } (asked for { $address })
not-utf8 = the answer is not UTF-8 text
no-json = the answer is no complete JSON and begins { $head }
row-cut = row { PLAIN($row) } of the answer is cut
no-records = the answer holds no records
columns-changed = the answer has no column { $missing }, only { $columns }: the publisher changed it, or the query is another
web-page = a web page came in place of data
no-address = { $address } is no address
no-whole-answer = no whole answer in { $tries } tries ({ $kind })
too-large = the answer is larger than { $megabytes } MB: ask for fewer cities or periods
long-wait = the publisher asks to wait { $minutes } minutes; go on then with --resume
key-refused = the key is refused, missing or used up ({ $says }): ask for one at { $page } and set { $variable }
sent-on = the publisher sends on to { $place }, which is not followed
status = status { PLAIN($status) }
status-says = status { PLAIN($status) }: { $words }
column-twice = the column { $name } stands twice with different cells

## data cards
may-be-shared = yes, with the publisher named
not-to-be-shared = no: it stays on this machine, and goes into no bundle
requests = { $n ->
    [one] one request
   *[other] { $n } requests
}{ $empty ->
    [0] { "" }
   *[other] , { $empty } without rows
}
rows = { $n } rows with the columns { $columns }
query = { $source }: { $parts }

what-census = Goods trade of US states (or ports) by partner country, from the interface of the Census Bureau.
publisher-census = US Census Bureau, international trade in goods
rights-census = US Government work, public domain. This product uses the Census Bureau Data API but is not endorsed or certified by the Census Bureau.
columns-census = STATE is the postal code (XX is trade of no identified state), PORT a port; CTY_CODE and CTY_NAME the partner in Schedule C; ALL_VAL_MO exports of the month and ALL_VAL_YR of the year to date, GEN_VAL general imports likewise; YEAR and MONTH. December's year to date is the year. A code of - is the total over its column, and codes such as 0003 or 5XXX are groups of countries.
notes-census = Current dollars. Exports f.a.s. by state of origin of movement, which need not be where the goods were made; imports at customs value by state of destination. Pairs without a shipment have no row. Figures are revised with each release, earlier years in spring.
