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
says-no = the publisher answers with an error: { $words }
cap-reached = the answer has { $n } rows, as many as the publisher gives at most, and is cut: ask for fewer cities, partners or periods
no-city-column = the answer has no column with the municipality
other-unit = figures have the unit multiplier { $unit } in place of 3
query-too-long = the query took longer than the publisher allows: ask for fewer cities
other-count = { $source } counts { $count } rows and gave { $n }: nothing was written
column-twice = the column { $name } appears twice with different cells
control = the answer has the control character { $code }, which no table needs
not-asked = the column { $column } has { $cell }; asked for was { $asked }
row-twice = two rows have the same key: { $cells }
no-figure = { $cell } is no finite number
no-date = a date of the layer is no number of milliseconds
other-city = the city { $name } was not asked for: the question names { $n ->
    [one] one city
   *[other] { $n } cities
} by number, each with its state
no-end = there is still no last page after { $n } pages that follow the first
too-slow = no whole answer in { $minutes } minutes: ask for fewer cities or periods
unknown-coding = the answer is packed as { $coding }, which was not asked for

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
rows = { $n } rows with the columns { $columns }{ $silent ->
    [0] { "" }
    [one] ; one reporter and period has no row and counts as missing
   *[other] ; { $silent } pairs of reporter and period have no row and count as missing
}

what-census = Goods trade of US states (or ports) by partner country, from the interface of the Census Bureau.
publisher-census = US Census Bureau, international trade in goods
rights-census = US Government work, public domain. This product uses the Census Bureau Data API but is not endorsed or certified by the Census Bureau.
columns-census = STATE is the postal code (XX is trade of no identified state), PORT a port; CTY_CODE and CTY_NAME the partner in Schedule C; ALL_VAL_MO exports of the month and ALL_VAL_YR of the year to date, GEN_VAL general imports likewise; YEAR and MONTH. December's year to date is the year. A code of - is the total over its column, and codes such as 0003 or 5XXX are groups of countries.
notes-census = Current dollars. Exports f.a.s. by state of origin of movement, which need not be where the goods were made; imports at customs value by state of destination. Pairs without a shipment have no row. Figures are revised with each release, earlier years in spring.

what-comexstat = Goods trade of Brazilian municipalities by partner country, from the interface of ComexStat.
publisher-comexstat = Ministry of Development, Industry, Trade and Services of Brazil, Secretariat of Foreign Trade (ComexStat)
rights-comexstat = Open data of the Brazilian government, with the source named; the exact licence was not found.
columns-comexstat = year and monthNumber; noMunMinsgUf the municipality and its state; country the partner by its English name; metricFOB US dollars f.o.b.; metricKG net kilograms.
notes-comexstat = A municipality is the fiscal home of the firm that declared the goods, not where they were made or used; a state's figures follow another rule, and municipalities do not add up to states. "Município não declarado" is no city. Names of the publisher that stand for no country are left out and counted. Monthly from 1997, current dollars; past months are revised. Pairs without a shipment have no row.

what-hmrc = Goods trade of UK regions by partner country, quarter and SITC division, from the interface of UK trade info.
publisher-hmrc = HM Revenue and Customs, Regional Trade Statistics
rights-hmrc = Open Government Licence v3.0; contains public sector information licensed under it.
columns-hmrc = MonthId the first month of the quarter; FlowTypeId 1 imports from and 2 exports to the European Union, 3 and 4 the same for other countries; GovRegionId the region and CountryId the partner in the publisher's numbers; CommoditySitc2Id the SITC division; Value pounds; NetMass kilograms.
notes-hmrc = Part of a firm's trade is shared among regions by its employees since the third quarter of 2016, carried back to 2013: regional figures are part estimate. Trade of no region has regions of its own and is no city. Imports by country of dispatch. An empty Value is suppressed, not zero. Flows with the European Union change meaning with the end of 2020.

what-eurostat = Goods trade of member states of the European Union by partner country, from Comext (DS-045409).
publisher-eurostat = Eurostat, Comext
rights-eurostat = Reuse is free with the source named; older notices except Austria's detailed products and some data of other countries from commercial reuse.
columns-eurostat = reporter and partner in codes of two letters (GR is Greece); product TOTAL or a code; flow 1 imports, 2 exports; indicators VALUE_IN_EUROS; TIME_PERIOD; OBS_VALUE euro.
notes-eurostat = Nations, not cities: the national side of a ratio. Imports c.i.f., exports f.o.b., at the border of the reporter. Partners such as WORLD and EU27_2020 are totals. Revised each month. No figures of the United Kingdom after 2020.

what-abs = Goods trade of Australian states by partner country and month, from the interface of the Australian Bureau of Statistics.
publisher-abs = Australian Bureau of Statistics, International Trade in Goods
rights-abs = Creative Commons Attribution 4.0, with the source named.
columns-abs = COMMODITY_SITC TOT or a code; COUNTRY_DEST and STATE_ORIGIN of exports, COUNTRY_ORIGIN and STATE_DEST of imports; TIME_PERIOD the month; OBS_VALUE with UNIT_MULT 3: thousand Australian dollars.
notes-abs = TOT is a total in every column; APEC, ASEAN, OECD and the like are groups. NCD, "No Country Details", is confidential trade, most of it gas and ores: a country's figures leave it out. An empty OBS_VALUE is confidential, not zero. Exports by state of origin.

what-comtrade = Goods trade of countries by partner country, from UN Comtrade.
publisher-comtrade = United Nations Statistics Division, UN Comtrade
rights-comtrade = For internal use. Passing the data on needs the consent of the United Nations.
columns-comtrade = reporterCode and partnerCode in the numbers of the United Nations as Comtrade changes them (842 is the United States, 490 stands for Taiwan); period; flowCode X exports, M imports; cmdCode TOTAL or a code; primaryValue US dollars.
notes-comtrade = Partner 0 is the world. Only rows for all second partners, means of transport and customs procedures were asked for: others count the same goods again. Imports c.i.f., exports f.o.b.; months need not add up to the year.

what-wikidata = Twinned administrative bodies (property P190) with start and end, from Wikidata: a draft of a register.
publisher-wikidata = Wikidata, the contributors
rights-wikidata = Creative Commons Zero 1.0.
columns-wikidata = id the statement; city and partner_city their English labels; countries as ISO codes; date and ended as precise as Wikidata has them, with their precision; rank; source_url the references, else the item itself; city_item and partner_item.
notes-wikidata = A draft: anybody may have written a row, both directions of one agreement are often stored with different dates, and provinces stand among cities. An empty date is not known; such agreements are excluded and counted. Deprecated statements, and places without a country that has an ISO code, were not asked for.

what-arcgis = Rows of an ArcGIS table.
publisher-arcgis = Not known: the owner of the layer.
rights-arcgis = Not known: ask the owner before anything is passed on.
columns-arcgis = As the layer names them; a date in milliseconds has a column of its own that ends in _iso.
notes-arcgis = The options of the query say which column plays which part.
