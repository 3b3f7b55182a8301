# Where a printed number comes from: what a click on the page shows, and the command trace.
page-place = { $file }，第{ $row }行，{ $column }列。查询：
page-again = 重新计算本页全部数字：

## twintrade trace
no-results = { $name }：尚无结果可查；请先运行：twintrade run { $name }
grammar = { $asked }没有指明数字。写法："Table 7, column 3"、"Table 7, row 2, column 3"或"Table 7, row Estimate, column p"，行与列用序号或名称均可；也可写页面显示的键，如"bands.csv:12:effect"。
no-table = { $asked }：没有这张表。现有：{ $tables }
no-column = { $asked }：没有这一列。现有：{ $columns }
no-number = { $asked }：该处没有数字。各行：{ $rows }
no-key = { $key }不是结果文件中的单元格。
cell = 行“{ $row }”，列“{ $column }”：{ $printed }
place = 存放于{ $file }，第{ $row }行，{ $column }列
value = { $form ->
    [same] 数值：{ $value }
    [words] 文字：{ $value }
    [log] 数值：{ $value }，按100(exp(b) − 1)显示为{ $printed }
    [share] 数值：{ $value }，以百分比显示
    [ratio] 数值：{ $value }，除以标准误后显示为{ $printed }
    [scaled] 数值：{ $value }，换算为较大单位后显示为{ $printed }
    [count] 计数的行：{ $value }
    [size] 计数的条目：{ $printed }
   *[other] 不同取值的个数：{ $printed }
}
estimator = 列：{ $label }（{ $estimator }/{ $key }）
design = 设计：sha256 { $sha }
rows = 依据：data.csv中{ $n }个处理组观测（{ $rows }）；该列使用了{ $of }行中的{ $used }行
input = 输入：{ $path }，{ $n }行，sha256 { $sha }
code = 代码：{ $place }（{ $name }）
again = 重新计算：twintrade run { $name } --force
