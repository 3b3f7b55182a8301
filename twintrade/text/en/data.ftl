# What is said of the data: what a reading met cell by cell, and what to change.

## where something stands
row = row { PLAIN($row) }
file-row = { $file } row { PLAIN($row) }
row-of-file = row { PLAIN($row) } of { $file }
column = column { $name }
faults = { $n } faults in the data:
more-listed = and { $n } more, listed in messages.csv
more-rows = { $text } (and { $n ->
    [one] { $n } more row
   *[other] { $n } more rows
})
cell = { $cell } { $reason }
pair = { $city }-{ $partner }
pair-period = { $city }-{ $partner }, { $period }
span = { $name } { $first } to { $last }

## files
place-of-file = { $place ->
    [variable] { " under the folder that " }{ $variable } names
   *[project] { "" }
}
is-folder = { $path } is a folder, not a file{ place-of-file }: put the file there or correct the path
absent = { $path } is not there{ place-of-file }: put the file there or correct the path

## dates and periods
blank = is blank
too-long = is too long for a { $what ->
    [date] date
   *[period] { period }
}
outside-years = is outside the years { PLAIN($first) } to { PLAIN($last) }
no-date = is not a date
date-approximate = is approximate: give the year it stands for, in year precision
date-decade = is a decade: give a year
date-span = is a span of years: give one date a row
two-digit-year = has a two-digit year: write all four digits
date-day-number = is a spreadsheet's day number: format the column as text
date-republic = is in the Republic calendar: add 1911
date-ambiguous = is ambiguous, day or month first: declare day_first, or write it as 2004-09-03
date-no-month = has no month { $month }
date-no-day = is a day that does not exist
date-after = lies after { $as_of }, when the registry was read
date-future = lies in the future: an agreement counts only once it is signed
precision-unknown = has the precision { $precision }, which is none of day, month, year
precision-too-fine = is declared precise to the { $declared } but gives only the { $given }
no-period = is not a { period }
period-all-split-years = { $cell } reads as a year that spans two, not as a month, as every cell here does
period-split-or-month = is a month or a year that spans two: set frequency = "month" for months; for such years, write in every row the one year it counts for
period-two-years = spans two years; a panel needs one period a row. Edit the file: write in every row the one year it counts for
fiscal-years = { $cell } and the like are fiscal years: each counts as the calendar year in which it begins, { $year } here, while agreements are dated by calendar year
period-fiscal = is a fiscal year: say which calendar year it is
period-two-digits = is a two-digit year: write all four digits
period-day-number = is a spreadsheet's day number: format the column as text or as years
period-part = is a part of a year
period-marked = carries a mark or is a part of a year
period-no-part = has no { period } { $part }
period-other = is a { $other ->
    [year] year
    [quarter] quarter
   *[month] month
}, and the panel's frequency is { period }
period-footer = is a footer or a total: end the table before it with last_row
period-no-subperiod = is not a { period } of the year
year-alone = is a year alone: name the { period } too

## numbers
no-number = is not a number
number-negative = is negative, read as { $read }, and trade is not; a correction or a balance does not belong in this column
number-in-parentheses = is in parentheses, as accounts write a negative, read as { $read }; trade is not negative: give the number plainly where it is none
no-mark = { $file }: { $mark } under flags is no footnote mark: it changes the number beside it, as a sign, a digit, a unit or a percent sign does. Remove it from flags; a negative figure is corrected in the file, a unit is declared as money_unit
number-percentage = is a percentage, not a value
number-spreadsheet-error = is a spreadsheet error: correct the formula
number-truth = is a truth value, not a number
number-infinite = is infinite
number-hexadecimal = is hexadecimal
number-underscores = has underscores between digits
number-date = is a date, perhaps made by a spreadsheet from a number
number-code = starts with a zero: a code, not an amount
number-currency = carries a currency: declare money_unit and give the number alone
number-unit = carries a unit: declare money_unit and give the number alone
number-separator-last = ends in a separator
number-groups = has digit groups that are not thousands
number-marked = carries a mark: declare it under flags, as in flags = {"{"}"(r)" = "revised"{"}"}
number-ambiguous = { $cell } is { $point } or { $comma }, and nothing in the column says which: declare decimal = "." or decimal = ","
number-other-mark = { $cell } does not go with decimal = "{ $decimal }"
number-huge = { $cell } is larger than any trade figure: check its unit
number-scientific = { $n ->
    [one] { $n } cell is
   *[other] { $n } cells are
} in scientific notation, as spreadsheets print rounded numbers (first: { $first })
two-decimal-marks = row { PLAIN($row_of_point) } has { $point }, a decimal point, and row { PLAIN($row_of_comma) } has { $comma }, a decimal comma: make the column one or the other
thousands-likely = { $cell } and { $others } other cells have three digits behind a point, and all cells without one lie below 1,000: a point that groups thousands. Declare decimal = "," if it does, decimal = "." if these are decimals
thousands-or-decimals = { $cell } was read with a decimal point{ $others ->
    [0] { "" }
    [one] , and so was one cell like it
   *[other] , and so were { $others } cells like it
}; if the point groups thousands, declare decimal = ","

## money
unit-in-header = the column is headed { $shown }, and money_unit is { $unit }
unit-in-title = the title above the header says { $shown }, and money_unit is { $unit }
unit-unwritten = money_unit is still { $unit }: find out what the values are counted in, and write a power and a currency, as "USD", "1,000 USD", "million EUR", "万美元"
unit-sign = money_unit { $unit }: { $sign } is the sign of several currencies; write the code of the one that is meant, as in "1,000 USD" or "million CAD"
unit-unknown = money_unit { $unit } is not known{ $n_near ->
    [0] { "" }
   *[other] ; near: { $near }
}: write a power and a currency, as "USD", "1,000 USD", "million EUR", "万美元"
several-currencies = the currencies { $currencies } stand in one column: convert them, or declare exchange rates
coarse-rates = one rate a { $rates ->
    [year] year
    [quarter] quarter
   *[month] month
} serves every { period } in it
conversion-ecb = reference rates of the European Central Bank, mean of days
currency-of-base = { $currency } of { $period }
rates-missing = { $source } has no exchange rate of { $currency } to { $target } for { $periods }
index-missing = { $source } has no price index for { $periods }
dropped-currency = other currency

## formats
expands-too-far = { $file } expands to { $rows } rows of { $columns } columns, { $most } cells at most are plausible for its size: declare microdata, or save the table as .csv
zip-tables = { $n ->
    [0] { $file } holds { $n } tables: a zip file must hold one .csv, .tsv or .txt
   *[other] { $file } holds { $n } tables ({ $names }): set member to the one that counts
}
separator-proven = the columns are separated by { $separator ->
    [tab] a tab
    [semicolon] semicolons
   *[bar] bars
}, as the header proves
encoding-proven = the file is in { $encoding }, as its mark proves
encoding-unknown = { $file } row { PLAIN($row) }: the file is not UTF-8, and nothing proves what it is{ $n ->
    [0] { "" }
   *[other] ; this line reads as { $readings }
}. Set encoding to the right one, as in encoding = "{ $example }"
no-text-file = { $file } is { $kind ->
    [zip] a zip container, as Excel workbooks are
    [office] an old Excel or Office file
    [excel] an old or binary Excel file
    [numbers] a Numbers file
    [microdata] a source of microdata, which needs duckdb and pyarrow: pip install duckdb pyarrow
    [parquet] a Parquet file
    [feather] a Feather (Arrow) file
    [stata] a Stata file
    [spss] an SPSS file
    [r] an R file
    [sas] a SAS file
    [access] an Access database
    [sqlite] an SQLite database
    [dbf] a dBase file
    [hdf] an HDF5 or MATLAB file
    [pickle] a Python pickle (reading one can run code)
    [json] a JSON file
    [xml] an XML file
    [html] a web page
    [image] a picture
    [word] a text document
    [rar] a packed archive (RAR or 7z)
    [packed] compressed with xz or bzip2
    [pdf] a PDF
   *[gzip] compressed with gzip
}, not a delimited text file: { $way ->
    [ending] give it the ending { $ending }
    [unpack] unpack it, and declare the table inside
    [html] the download did not give the table; fetch it again, or open it and save the table as .xlsx or .csv
   *[save] save it as .xlsx or .csv
}
damaged = { $file } is not a whole { $kind ->
    [parquet] Parquet
    [feather] Feather
    [stata] Stata
    [spss] SPSS
    [r] R
   *[json] JSON
} file ({ $why }): save or fetch it again
many-rows = { $file } has { $n } rows: read it with the microdata extra
huge-cell = { $file } has a cell of more than { $most } characters, as no table of figures does: a quotation mark is not closed, or this is another kind of file
constant-series = { $n ->
    [one] one pair has the same figure in every period
   *[other] { $n } pairs have the same figure in every period
}, which may be filled in or carried forward: { $pairs }
no-rows = { $file } has no rows
needs-extra = { $file } is { $kind ->
    [microdata] a source of microdata, which needs duckdb and pyarrow: pip install duckdb pyarrow
    [parquet] a Parquet or Feather file, which needs pyarrow: pip install pyarrow; or save it as .csv
    [spss] an SPSS file, which needs pyreadstat: pip install pyreadstat; or save it as .dta or .csv
   *[r] an R file, which needs rdata: pip install rdata; or save it in R with write.csv(x, row.names = FALSE)
}
r-frames = { $file } { $n ->
    [0] holds no data frame: save one with saveRDS
   *[other] holds { $n } data frames: set member to one of { $names }
}
json-no-table = { $file } holds no list of records, nor of lists with the names first{ $n ->
    [0] { "" }
   *[other] ; it holds { $names }
}
json-mixed = { $file } mixes records and lists: write one kind per table
json-ragged = { $file } row { PLAIN($row) }: { $n ->
    [one] { $n } value
   *[other] { $n } values
} under { $n_names } names
ragged-row = { $file } row { PLAIN($row) }: { $n ->
    [one] { $n } cell
   *[other] { $n } cells
} under { $n_names } column names{ $n_like ->
    [one] { "" }
   *[other] { " " }({ $n_like } rows are like it)
}: { $shown }. { $cause }
ragged-footer = A footer: set last_row = { PLAIN($last) }
ragged-separator = A separator inside a cell that is not quoted: quote the cell, or declare another separator
ragged-title = A title or a note inside the table: remove it, or set header and last_row
no-files = { $path }: no file has such a name: correct file, or put the files there
header-rows = { $file }: header_rows = { $n } reaches above the first row: correct header_rows
group-rows = { $file } row { PLAIN($row) }: the rows { $groups } above it do not open a group as the other groups are opened, which begin with { $first }: correct group_rows, or remove rows that have no figures
no-column = { $file } row { PLAIN($row) }: no column { $names }; the file has { $columns }
no-column-of-wide = { no-column }. { $n_periods } columns are named by a { period }: if the table has one column a { period }, declare layout = "wide" and leave period and value out
unnamed-columns = { $file }: column { $column } has cells but no name: { $others ->
    [0] name it, or list it under ignore
   *[other] so have { $others } more: name every column once; a header of two rows has to become one row
}
no-row-of = no row has { $value } in this column
rule = { $name } { $kept ->
    [yes] =
   *[no] ≠
} { $values }
dropped-invalid = without a figure, in years for which the name is not valid
dropped-where = other than { $rules }
hidden-rows = { $n ->
    [one] { $n } row is hidden in the sheet and was read: { $rows }
   *[other] { $n } rows are hidden in the sheet and were read: { $rows }
}
merged-inside = row { PLAIN($row) }: merged cells inside the table ({ $cells }): unmerge them and fill every row
uncalculated = row { PLAIN($row) }: { $n ->
    [one] { $n } formula has
   *[other] { $n } formulas have
} no stored value ({ $cells }): open the workbook in a spreadsheet program, let it calculate, and save
sheet-unread = { $file } { $reasons }
hidden-columns = the columns { $columns } are hidden in the sheet

## the report of a reading
report-files = Files
report-file = { $file }: { $n ->
    [one] { $n } row
   *[other] { $n } rows
}{ $n_facts ->
    [0] { "" }
   *[other] , { $facts }
}
other-sheets = only the { $n_read ->
    [one] sheet { $read } is
   *[other] sheets { $read } are
} read; { $n ->
    [one] the sheet { $names } has
   *[other] the sheets { $names } have
} the same columns and { $n ->
    [one] is
   *[other] are
} not: name each in a [[data.trade]] table of its own, or say nothing where they hold something else
report-sheet = sheet { $name }
report-dropped = left out by rule: { $rule }, { $n ->
    [one] { $n } row
   *[other] { $n } rows
}
report-level = { $level ->
    [error] Errors
    [warning] Warnings
   *[info] Notes
} ({ $total }{ $all_shown ->
    [yes] { "" }
   *[no] , the first { $n_shown } in { $n_lines ->
        [one] { $n_lines } line
       *[other] { $n_lines } lines
    }
})
report-all-files = all files together
report-times = { $text } ({ $n } times)
report-more = { $names }: { $n } more like these; a run lists them
report-fixes = Lines to change in the analysis file, where the data file itself is right
report-table = in the table of { $file }
report-tables = in the tables of the files above
row-span = { PLAIN($first) } to { PLAIN($last) }
rows = { $n ->
    [one] row
   *[other] rows
} { $rows }

## lines to change, each of which TOML reads
fix-decimal = decimal = "."   # or ","
fix-thousands = decimal = ","   # if the point groups thousands
fix-flag = { $first } = "what the mark means"
fix-value = { $first }
remark-kinds = as the words suggest: correct each
remark-missing_token = only if it means that there is no figure
fix-pair = { $first } = { $second }
remark-partner_name = the code that it has, or "leave out"
remark-remainder = or "remainder, for totals only", or "leave out"
fix-city_name = {"{"} name = { $first }, city = "the city it is" {"}"}
fix-own_name = {"{"} name = { $first }, code = { $second }, city = { $both } {"}"}
fix-same_city = {"{"} name = { $first }, city = { $second } {"}"}
remark-same_city = if they are one city
remark-agreement_city = in the table of the register, if they are one city
fix-city_code = city_code = { $first }   # tells cities of one name apart
remark-where = reads these rows alone
remark-where_open = write the one value of this column whose rows count
remark-where_total = the total without its parts
remark-drop = leaves these rows out
fix-last_row = last_row = { PLAIN($last) }
fix-events = { $first } = "signed"
fix-frequency = frequency = { $first }   # if the whole file is by { $bare ->
    [year] year
    [quarter] quarter
   *[month] month
}
fix-money_unit = money_unit = { $first }
fix-money_unit_unknown = money_unit = "1,000 USD"   # a power and a currency
fix-unit_column = money_unit = {"{"} column = { $first } {"}"}   # if it holds units of money
fix-cumulated = cumulated = true            # figures run on from January; false where they are those of single periods
fix-add_up_columns = add_up = [{ $all }]   # adds up the rows that it tells apart, if they are parts
fix-newest = newest = { $first }   # of rows that repeat each other the latest counts
fix-add_up = add_up = true   # adds up the figures of names that are one city or one partner
fix-exchange = exchange = {"{"} target = "USD", file = "data/raw/rates.csv" {"}"}
fix-precedence = precedence = 1   # under the file that counts where they overlap
fix-product = product = "the column of products"   # with product_revision, if the rows are products to be added up
fix-confirmed = confirmed = true   # if the figures are right as they are; page 1 says it then
fix-revision = mixed_revisions = "by_period"   # or read one revision with where
fix-day_first = day_first = true   # or false
fix-duplicate-twinning = id = "the column that tells the rows apart"   # or event, if they are two dates of one agreement
fix-absent = absent = "zero"   # or "missing"
fix-blank = blank = "zero"   # only if a blank means that nothing was traded
fix-undated = policy = "exclude"
more-lines = # ... and { $n } more like them

## cities and partners
city-blank = the city is blank: fill merged or grouped cells in every row
city-control-character = { $name } has a control character
city-too-long = { $name } is too long for a city's name
city-marked = { $name } carries a footnote mark: say under city_names which city it is
city-total = { $name } is a total, not a city: leave such rows out, with drop or last_row
city-two-codes = { $name } has the codes { $others }: two cities with one name; tell them apart by their codes under city_names, and write the register's cities so
code-two-cities = code { $name } has the cities { $others }: one city with two names; give it one under city_names
city-spellings = { $names } differ only in case, accents, spaces or punctuation: if they are one city, say so under city_names; if they are two, give them names that differ
member-is-total = { $name } equals the sum of { $n ->
    [0] the other { $dimension ->
        [city] cities
        [partner] partners
       *[product] products
    }
   *[other] { $parts }
}, cell by cell, and would count them twice: leave it out with drop
city-kinds = { $names } differ only in a word for the kind of place, and have no figures side by side: if they are one city, say so under city_names; if they are two, name both there
city-letters = { $names } are one city's names in two kinds of letters, and have no figures side by side: if they are one city, say so under city_names; if they are two, name both there
city-kinds-apart = { $names } are read as two cities, because both have figures for the same partners and periods: if they are one, say so under city_names
city-size = { $name } is a number from { $least } on, in plain digits
partner-blank = the partner is blank
partner-other-asia = “Other Asia, nes” is read as Taiwan, for which statistics of the United Nations use it
partner-two-letters = { $cell } would be { $name } in a column of two-letter codes, but this column has names too
partner-two-standards = { $cell } is { $name } in ISO 3166 and another country in a further standard (FIPS 10-4, Olympic codes) of which this column has codes: declare it under partner_names
partner-reading = partners are read { $parts }
partner-proof = { $proof ->
    [alpha-2] as codes of two letters (ISO 3166)
    [alpha-3] as codes of three letters (ISO 3166)
    [numeric] as numbers (ISO 3166, Comtrade)
    [beside] as names with a code that agrees
    [words] by the name left without words for states and territories
    [grammar] by the one country whose adjective or genitive it is
    [cut] by the one country whose name begins so, as the column is cut off
    [combined] by the parts of a name of several
    [sum] as groups or remainders, by words for these alone
   *[name] by names in the tables
} ({ $n }: { $examples })
partner-example = { $cell } = { $name } ({ $code })
partner-unknown = { $cell } is no known partner{ $n_near ->
    [0] { "" }
   *[other] ; near: { $near }
}: correct it, or declare it under partner_names
partner-alias = the alias { $name } stands for { $code }, which is no known code
remainder-total = the alias { $name } is a total of partners that have rows of their own, and no remainder: leave it out of partner_names
remainder-two-answers = partner_names gives two answers about { $name }: names of one remainder are all in the comparison, or all for totals only
partner-years = { $name } ({ $code }) has figures in { PLAIN($first) } to { PLAIN($last) }, but is a partner of its own only { $bound ->
    [from] from { PLAIN($year) }
   *[to] up to { PLAIN($year) }
}: another country's trade may stand under its name
partner-group = { $cell } is no single country

## figures of several rows and files
looks-cumulated = figures look cumulated from January, and adding them up would count trade several times: { $how ->
    [named] the column's name says so
    [some] in { $years } they never fall before the year ends, and in other years they do. Read these years by a [[data.trade]] of their own, with where = {"{"} ... {"}"} and cumulated = true
   *[all] in { $n } of { $of } years of a city and a partner they never fall before the year ends
}
cumulated-falls = a figure that runs on from January is smaller than the one before it in { $what }{ $n ->
    [one] { "" }
   *[other] , the first of { $n }
}: correct it, or write cumulated = false where figures are those of single periods
cumulated-gaps = { $n ->
    [one] one figure follows
   *[other] { $n } figures follow
} a gap in figures that run on from January: it covers the periods of the gap too
cumulated-apart = { $n } figures that run on from January were taken apart
products-summed = { $n_rows } rows of { $revisions } were added up to { $n } figures
names-added-up = { $n ->
    [0] add_up is true, and no two names share a figure
    [one] one figure is a sum of rows with different names: { $names }
   *[other] { $n } figures are sums of rows with different names: { $names }
}
names-of = { $name } of { $names }
names-alike = { $n ->
    [one] one figure was added up of equal parts
   *[other] { $n } figures were added up of equal parts
}, which may be the same trade under two names: { $names }
absent-name = { $what } has no row of a name that has figures before and after it{ $n ->
    [one] { "" }
   *[other] , the first of { $n }
}, and absent rows are declared an error
revision-changes = products follow { $here } here and { $before } before: read one revision with where, or let them follow each other with mixed_revisions = "by_period"
revisions-mixed = { $what } has products of several revisions, which would be counted twice: read one of them with where
revision-change = products follow several revisions ({ $revisions }): a jump at a change may be the classification's, not trade's
both-figures = { $same ->
    [yes] the same figure
   *[no] { $one } and { $two }
}
doubt-logarithms = all { $n } figures that are not zero lie between { QUANTITY($low) } and { QUANTITY($high) }, as logarithms do: undo the logarithm in the file, or name the column of the amounts
doubt-rising = the figures never fall in any of { $n } series, as sums to date do: take them apart into the figures of single periods, or name the column of those
doubt-smooth = the figures hardly change from one { $period_name } to the next, as sums or averages of several do: name the column of the figures of single { $period_name }s
doubt-switch = the column { $name } changes from { $before } to { $after } in { $period }, { $n ->
    [one] in one of { $n_cities } cities ({ $cities })
   *[other] in { $n } of { $n_cities } cities ({ $cities })
}: the figures before and after may not count the same. Bring them to one basis, or keep the years of one
duplicate-here = { $what } stands here and in row { PLAIN($row) } ({ both-figures }): remove one; if they are two cities of one name, set city_code to the column of their codes
duplicate-names = { $what } stands here as { $name } and in row { PLAIN($row) } as { $other } ({ both-figures }): if both are parts of it, add them up with add_up = true; else leave one out with drop
duplicate-elsewhere = { $what } stands here and in row { PLAIN($row) } of { $file } ({ both-figures }): remove one, or give the files a precedence
newest-no-date = { $cell } is no year, month or day, so nothing says whether it is the latest
rows-added-up = { $n_rows } rows with different { $columns } were summed into { $n } values
superseded = { $n } figures are superseded by a file of higher precedence; { $n_differ } of them differ from it
dropped-superseded = superseded
absent-rows = { $n } of { $n_cells } rows of the full rectangle are in no file: { $policy ->
    [zero] zeros, as declared
    [missing] missing, as declared
   *[error] none
}
no-absent-rows = the files have all { $n_cells } rows of the full rectangle
own-partner-absent = { $n ->
    [one] { $n } pair of a country with itself stands in no file and is
   *[other] { $n } pairs of a country with itself stand in no file and are
} not filled
absent-row = { $pair } has no row for { $period }

## what looks wrong
own-partner = { $n ->
    [one] { $n } pair is a country with itself
   *[other] { $n } pairs are a country with itself
} ({ $pairs }): domestic sales, no exports. They stay in the comparison, as the recipe ppml_border wants it; otherwise set without = ["domestic"] under [design]
period-step = the files have one { period } in { $step }: { $periods }. Event times come in steps of { $step }, and the reference is one of them, such as reference = -{ PLAIN($step) }
waves = the files have { $n } waves: { $periods }. Event times count waves, and an agreement between two counts from the later one; periods = "calendar" under [design] counts years
period-gap = { $n ->
    [one] { $n } period inside the range of the files has no row at all: { $periods }
   *[other] { $n } periods inside the range of the files have no row at all: { $periods }
}
city-span = { $n ->
    [one] { $n } city does
   *[other] { $n } cities do
} not have rows from the first to the last period ({ $cities }): { $absent ->
    [zero] their absent periods become zeros, as declared
    [missing] their absent periods are missing
   *[error] an error, as declared
}
gaps = { $n_pairs ->
    [one] { $n_pairs } pair of city and partner has
   *[other] { $n_pairs } pairs of city and partner have
} { $n_periods ->
    [one] { $n_periods } period
   *[other] { $n_periods } periods
} without a row between their first and last: { $absent ->
    [zero] zero
    [missing] missing
   *[error] error
}, as declared
part-period = { $period } has { SHARE($share) } of { $neighbor } in the middle city, and { $n } of { $n_cities ->
    [one] { $n_cities } city
   *[other] { $n_cities } cities
} fall so: is it a part of a { period }? Leave it out with design.sample if it is
jump = { $whole ->
    [yes] { $city } in { $period }
   *[no] { $city }–{ $partner } in { $period }
}, { $factor }-fold{ $power ->
    [0] { "" }
    [2] { " " }(near a hundred)
    [3] { " " }(near a thousand)
    [4] { " " }(near ten thousand, 万)
    [6] { " " }(near a million)
    [8] { " " }(near a hundred million, 亿)
   *[other] { " " }(near a power of ten)
}
unit-jump = { $n ->
    [one] { $n } jump is
   *[other] { $n } jumps are
} larger than the series' own variation explains, perhaps another unit of money or a slip: { $jumps }
treated-jump = { $n ->
    [one] { $n } jump of a treated pair or its city is larger than the series' own variation explains and moves
   *[other] { $n } jumps of treated pairs or their cities are larger than the series' own variation explains and move
} the estimate: { $jumps }. Look at the figures; if the unit changes there, declare money_unit by row or split the file
late-world = { $n } of { $n_treated } treated pairs already have an agreement in { PLAIN($year) }, the year of the trade among all places: it holds part of what the agreements changed, and the change is added to it once more. Take a year before { PLAIN($first) }
former-country = { $names }: { $n ->
    [one] an agreement
   *[other] { $n } agreements
} with a country that ended within the data. Pairs with the states that followed it count as untreated. Where the agreement holds with one of them, add a row to the register, or name the pair under also_linked
no-trade-after = { $n ->
    [one] { $n } treated { $units ->
        [city] city
       *[pair] pair
    } traded before the agreement and has
   *[other] { $n } treated { $units ->
        [city] cities
       *[pair] pairs
    } traded before the agreement and have
} nothing but zeros after it ({ $names }): is that so, or do the figures end?
wanted-periods = { $wanted ->
    [year] years
    [quarter] quarters
   *[month] months
}
part-periods = { $n_missing } { wanted-periods } are missing because fewer than { SHARE($coverage) } of their { periods } have figures; { $n_partial } are sums over most of them
part-periods-at-the-ends = the files do not cover { $periods } whole: { $n } rows of a part of a { period } are left out
summed-to-frequency = { period } figures were added up to { wanted-periods }

## agreements
ended = { $k } of { $n } agreements ended
twinnings = { $n ->
    [one] { $n } agreement
   *[other] { $n } agreements
}
no-signature = no date of signature
no-signature-but = no date of signature; it was { $ends ->
    [first] not before { $first }
    [last] not after { $last }
   *[both] between { $first } and { $last }
}
undated-but = no date of signature, but { $dates }
no-trade-row = no trade row for { $names }
city-meant = is { $name } meant? Say so under city_names
partner-meant = { $code } is { $name }
signed-before = { $date }, sample from { $first }
signed-after = { $date }, sample to { $last }
status-unmatched = city or partner has no trade row: listed; a pair whose names are nearly these is excluded until city_names says which city it is
status-undated = no date of signature: its pair is never a control
status-too-coarse = the date names no single period of the panel: its pair is never a control until it does
status-before = signed in or before the first period: always treated, excluded and counted
status-inside = signed inside the sample
status-after = signed after the last period: not yet treated inside the sample
twinnings-of-status = { twinnings }, { $n_pairs ->
    [one] { $n_pairs } pair
   *[other] { $n_pairs } pairs
}: { $status }
twinnings-are = { $n ->
    [one] { $n } agreement is
   *[other] { $n } agreements are
}
too-coarse = { twinnings-are } dated too coarsely for { period } periods: { $names }
far-ahead = { twinnings-are } dated more than { $years } years after the sample: a slip? { $names }
undated-refused = { $n ->
    [one] { $n } agreement has
   *[other] { $n } agreements have
} no date. An undated agreement is never a control: find the dates, or declare policy = "exclude" to leave their pairs out and count them
undated-twinnings = { $n ->
    [one] { $n } agreement has
   *[other] { $n } agreements have
} no date ({ $names }): never a control
no-agreement = left out because no agreement was found: { $n ->
    [one] { $n } row
   *[other] { $n } rows
}
dropped-no-agreement = says that no agreement exists
ends-before = { $cell } ends the agreement before it began
bounds-crossed = the agreement is not before { $first } and not after { $last }: correct one of the two dates
not-mapped = { $cell } is not mapped: add it under { $key }, as one of { $words }
twinning-repeated = { $name } stands here and in { $where }: remove one; if they are two agreements, declare id, the column that tells them apart, or event, if they are two dates of one
twinning-differs = { $name } differs from { $where } in { $columns }
several-signatures = { $name } has several dates of signature ({ $dates }); the earliest counts
two-ends = { $name } has two ends ({ $dates })
same-agreement-twice = { $name } stands in rows { $rows } under different identifiers; the first date counts

## files of one panel
files-differ = { $files } differ in { $name } ({ $values }): { $name ->
    [flow] exports and imports are two outcomes
    [reporter] figures of the two sides of a flow differ in valuation and coverage and are never spliced
    [valuation] f.o.b. and c.i.f. values are never spliced
    [deflator] one panel has prices of one period
    [coverage] one panel has one rule for partial periods
    [absent] an absent row can mean only one thing
   *[product_revision] revisions of a classification do not add up to the same products
}
file-in = { $file } in { $currency }
files-differ-in-currency = the files are in different currencies ({ $files }): declare exchange under each file that needs it
unit-by-row = by row, column { $column }
revision-blank = the revision of the product is blank
city-unnamed = city is still { $name }: write the city that the file is about, as the registry names it
token = “{ $token }” { $n ->
    [one] once
   *[other] { $n } times
}
missing-cells = no figure in { $n ->
    [one] { $n } cell
   *[other] { $n } cells
} ({ $tokens }): { $blank ->
    [zero] a zero, as declared
   *[missing] missing, not zero
}
unknown-cells = a mark for a secret or unknown figure in { $n ->
    [one] { $n } cell
   *[other] { $n } cells
} ({ $tokens }): missing, not zero
missing-rows = no figure in { $n ->
    [one] { $n } row
   *[other] { $n } rows
}: { $blank ->
    [zero] a zero, as declared
   *[missing] missing, not zero, and so is its cell
}
unknown-rows = a mark for a secret or unknown figure in { $n ->
    [one] { $n } row
   *[other] { $n } rows
}: missing, not zero, and so is its cell
aggregate-partner = { $n ->
    [one] { $n } row is
   *[other] { $n } rows are
} about groups of countries, or names that partner_names leaves out ({ $names }), and left out
dropped-aggregate = aggregate partner
remainder-unanswered = { $names } stands for partners without rows of their own: { $n ->
    [one] { $n } row
   *[other] { $n } rows
} with { SHARE($share) } of the trade, left out as long as partner_names does not say whether to keep them
remainder-totals = { $names } stands for partners without rows of their own and is kept for totals only: { $n ->
    [one] { $n } row
   *[other] { $n } rows
} with { SHARE($share) } of the trade
remainder-compared = { $names } stands for partners without rows of their own and is kept in the comparison, as never treated: { $n ->
    [one] { $n } row
   *[other] { $n } rows
} with { SHARE($share) } of the trade

## microdata
missing-weights = no weight stands in { $n ->
    [one] { $n } row: the weight of its cell
   *[other] { $n } rows: the weight of their cells
} is that of the other rows
more-faulty-rows = { $n } rows in all have a { $role ->
    [weight] weight
   *[value] value
} that is no plain number
too-many-decimals = has more than { $n } decimals: { $role ->
    [value] declare decimals under microdata
   *[weight] round the column
}
no-plain-number = { $reason }; in microdata a number is plain digits with a decimal point: clean the column, or declare the unit
memory-short = memory is short: once more in { $n } passes
memory-and-disk-short = the microdata need more than memory = '{ $memory }' and the disk under { $spill } ({ $error }): free disk space, raise memory, or name another spill folder
cells-not-summed = the cells cannot be added up: { $error }
file-unread = { $file } cannot be read whole: { $error }
one-file-unread = one of the microdata files cannot be read whole: { $error }
decoding = decode { $file }: { SHARE($share) }

## guesses about a file that nobody has declared yet
look-doubt = { $n_odd ->
    [0] { "" }
   *[other] ; { $n_odd } of the first { $n_read } do not, as { $odd }
}
look-partner = its cells are codes or names of countries{ look-doubt }
look-countries = its cells are countries{ look-doubt }
look-dates = its cells read as dates{ look-doubt }
look-which-date = several columns have dates ({ $columns }), and the agreement is dated by one: write the one of its signature
look-periods = its cells read as { periods }{ look-doubt }
look-values = its cells are numbers, and no other column is more likely by its name{ look-doubt }
look-value-exports = by its name, which speaks of exports{ look-doubt }
look-value-imports = by its name, which speaks of imports; no column speaks of exports{ look-doubt }
look-which-value = { $n ->
    [one] the only column of numbers, and its name speaks of something else: write { $columns } if it holds the values
   *[other] several columns could hold the values, and nothing decides: write one of { $columns }
}
look-no-amounts = by its name { $columns } holds no amounts of single periods (a logarithm, an average, another period's figures, a sum to date or fitted values): name a column or file of the amounts; write { $columns } only if they are amounts after all
look-two-units = the file speaks of several units ({ $units }): write the one that holds; if it changes, split the file or add a column of units
look-unit-unread = { $unread } next to { $currency } is not understood: write power and currency, as "1,000 { $currency }" or "million { $currency }"
look-which-end = { $n ->
    [one] nothing says that it is this column: write { $columns } if it is
   *[other] nothing says which column it is: write one of { $columns }
}
look-same-end = the names of { $columns } say the same end of a flow: find out which is which
look-same-name = as the column of that name in the trade table
look-cities-of-trade = its cells are among the cities of the trade table
look-exporter = the column names say who sells and who buys
look-reporter-column = the column names say who reports and who the partner is
look-flow-of-ends = as the names of its ends say
look-flow-cells = { $name } tells flows in words that are not known here ({ $cells }): write exports or imports, and where = {"{"} ... {"}"} for its rows
look-both-flows = { $shown } reads as exports and imports together, which is neither: find the exports, or write which of the two it is
look-flow-against-ends = the values are called { $flow }, and the ends say the opposite: find out which way the goods went
look-reporter-partner = the values are { $flow }, and the city is the other end of them
look-read = Read so: { $said }
look-sold = In { $period } { $seller } sold goods of { $money ->
    [unknown] { QUANTITY($amount) } (in a currency that is still to be written)
   *[other] { QUANTITY($amount) } { $money }
} to { $buyer }.
look-freight = { $names } are of imports alone
look-flow-open = files of { $title } look alike for both, and neither the name of the file nor a title tells which: write exports or imports
look-other-flow = { $flow } stand beside them in { $name }: for those write { $lines } here, and outcome = "{ $flow }" under [design]
look-other-letters = the trade table has these cities in other letters
look-signed = { $date ->
    [none] Date unknown
   *[other] { $date }
}: agreement of { $city } with { $twin ->
    [none] a place in { $country }
   *[other] { $twin } ({ $country })
}.
look-subperiods = its cells read as the { periods } of a year{ look-doubt }
look-wide = { $n } columns are named by a period: { $first } to { $last }
look-as-written = as the periods are written
look-as-named = as the columns are named
look-own-name = by its name
look-column-name = by the column's name
look-title = as the rows above the header say
look-names = by the names in the file
look-layout = A table of { $title }, recognized by its headers: only marked lines are guesses.
look-further-flow = rows of { $code } alone are read; for { $others } write this table again with that code
look-own-codes = { $name } has codes of the publisher's own: write the ISO code of each
look-remainder = { $n ->
    [one] it stands
   *[other] they stand
} for partners without rows of their own; or "{ $compared }", or "{ $totals }"
look-nothing = the file does not say
look-no-such-column = no column found
look-one-flow = one flow at a time
look-of-column = of the column { $name }
look-unread = columns that nothing reads: { $columns }
look-ignored = named by no period and no part: left out
look-kinds-open = { $words } { $n ->
    [one] may be no agreement
   *[other] may be no agreements
}: write sister city, friendship, memorandum or sister state, or none to leave its rows out
look-kinds = every kind of the file: correct each
look-names-no-kinds = { $name } has { $n } different entries, names of agreements rather than kinds: all count as one kind. If another column has the kind, write kind = "its name" and what each word in it means under kinds
no-layout-keys = { $file } names each column once and has no rows of titles, so { $keys } { $n ->
    [one] says
   *[other] say
} nothing about it: remove { $n ->
    [one] the key
   *[other] the keys
}
look-not-undated = { $file } was given as a list of agreements without a date, and has dates in { $columns }: give it with --twinnings, or declare it as a further [[data.twinnings]]; rows without a date are in no comparison there either
look-none-dated = no row of { $file } has a date of signature, nor has { $undated }: nothing can be estimated without one. Give a list with dates with --twinnings
look-undated = rows without a date ({ $n }) are left out, or error to stop
look-comma = nothing in the column proves whether its comma groups thousands: look closely
look-day-first = other dates of the column have the day first
look-day-second = other dates of the column have the day second
look-first-text = the first column of text that is nothing else
look-no-city = no column looks like cities: the file is about one. Write its name
look-city-titled = named in the title or the file's name; no column has cities
look-only-city = the registry's only city; no column looks like cities
look-unit-column = its cells are units, row by row
look-no-currency = nothing names the currency: write it, as in "USD" or "1,000 EUR"
look-products = by its name: its products are added up
look-revision = which classification it is cannot be seen: HS2012, SITC4 ...
look-reporter = who recorded the trade cannot be seen: city or partner
look-absent = what an absent row means cannot be seen: zero, missing or error
look-largest-table = the largest of { $n } tables: { $names }
look-first-sheet = the first of { $n } sheets: { $names }
look-sheet-with-table = the first of { $n } sheets that holds a table of three columns: { $names }
look-other-sheet = the first of { $n } sheets that the trade table does not read and that holds a table: { $names }
look-encoding = not UTF-8; keep the one that reads right: { $readings }
look-separator = it gives { $n } columns in most rows
look-titles = the rows above it are narrower, as titles are
look-header-rows = the row above names several columns at once
look-group-rows = rows with their first cell alone, as { $first }, open groups
look-repeated = { $n } columns are named { $name }, and nothing says which holds the money: write 1 for the first, 2 for the second
look-repeated-figures = of { $n } columns named { $name } only this one has figures
look-notes = the rows below it are narrower, as notes are
look-no-column = { $file }: no column looks like { $part ->
    [partner] partner countries (codes, or names in English, Chinese or one of 37 further languages)
    [date] dates
    [period] years, quarters or months
   *[value] values
}; the columns are { $n ->
    [0] none
   *[other] { $columns }
}. If the header stands elsewhere or a column is missing, correct the file; else write the declaration by hand, as docs/spec.md lists it

# Other policies.
policy-twice = two blocks of data.policies are called { $name }; give each policy one name and one block
policy-about-nothing = data.policies { $name }: say what a row is about, as city = "…", partner = "…" or both, with columns of the file
policy-levels = data.policies { $name } names a column of levels: policies of several levels are not read yet; remove level, or give each level a block of its own
policy-undated = { $name } has no date for { $what }: add it, or leave out the row if there is no such policy
policy-ends-before = { $name } ends before it begins for { $what }
policy-repeated = { $name } has two rows for { $what }: keep one, with one beginning and one end
# Columns of covariates and weights.
covariate-differs = { $name } is not the value of row { PLAIN($before) } for the same { $what }
covariates-about-nothing = data.covariates { $file }: say what a row is about, as city = "…", partner = "…" or period = "…" with a column of the file
covariates-by-partner = data.covariates { $file } has values by partner, and design.unit is "city"
covariate-taken = data.covariates { $file }: “{ $name }” is the name of another column; give it another one, as in columns = { "{" } gdp = "{ $name }" { "}" }
covariate-of-microdata = { $names }: columns of single shipments cannot be covariates; put them in a table of their own under [[data.covariates]]
covariate-by = { $names } of the trade file { $n ->
    [one] has
   *[other] have
} one value a { $keys }; rows that the file does not have take it
covariate-absent = { $name } has no value in { $n } of { $n_rows } rows, which a column with it leaves out; the first is { $first }
world-output = { $column } differs between rows from { $place }: it is what a place produces in all, the same in each of its rows

## lists of agreements
merged-dates = dates exclude each other: { $dates }
merged-kinds = different kinds: { $kinds }
merged-ends = different ends: { $dates }
listed-twice = { $city }-{ $twin } stands in rows { $rows }
own-country = { $city } and { $twin } are both in { $code }
no-twin-named = { $city } has no twin in this row
share-percent = { $name } must be numbers from 0 to 100
own-twin = { $city } is its own twin
date-unread = the date { $why }
date-before-all = { $date } is before { PLAIN($year) }, when no such agreement was known
ended-first = ended { $end }, before it was signed { $date }
