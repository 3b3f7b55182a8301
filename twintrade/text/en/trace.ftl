# Where a printed number comes from: what a click on the page shows, and the command trace.
page-place = { $file }, row { $row }, column { $column }. Look it up:
page-again = Recompute every number of this page:
