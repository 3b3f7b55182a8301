# Where a printed number comes from: what a click on the page shows, and the command trace.
page-place = { $file }，第{ $row }行，{ $column }列。查询：
page-again = 重新计算本页全部数字：
