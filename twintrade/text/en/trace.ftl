# Where a printed number comes from: what a click on the page shows, and the command trace.
page-place = { $file }, row { $row }, column { $column }. Look it up:
page-again = Recompute every number of this page:

## twintrade trace
no-results = { $name }: no results to trace; first: twintrade run { $name }
grammar = { $asked } names no number. Name it as "Table 7, column 3", "Table 7, row 2, column 3" or "Table 7, row Estimate, column p", rows and columns by number or name; or by the key that the page shows, "bands.csv:12:effect".
no-table = { $asked }: there is no such table. There are: { $tables }
no-column = { $asked }: there is no such column. There are: { $columns }
no-number = { $asked }: no number stands there. Rows: { $rows }
no-key = { $key } names no cell of the results.
cell = Row "{ $row }", column "{ $column }": { $printed }
place = Stored in { $file }, row { $row }, column { $column }
value = { $form ->
    [same] Value: { $value }
    [words] Text: { $value }
    [log] Value: { $value }, printed as 100(exp(b) − 1) = { $printed }
    [share] Value: { $value }, printed in percent
    [ratio] Value: { $value }, printed over its standard error = { $printed }
    [scaled] Value: { $value }, printed in larger units = { $printed }
    [count] Rows counted: { $value }
    [size] Entries counted: { $printed }
   *[other] Different values counted: { $printed }
}
estimator = Column: { $label } ({ $estimator }/{ $key })
design = Design: sha256 { $sha }
rows = Behind it: { $n ->
    [one] one treated row
   *[other] { $n } treated rows
} of data.csv ({ $rows }); the column uses { $used } of its { $of } rows
input = Input: { $path }, { $n ->
    [one] one row
   *[other] { $n } rows
}, sha256 { $sha }
code = Code: { $place } ({ $name })
again = Recompute: twintrade run { $name } --force
