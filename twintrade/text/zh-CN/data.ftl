# What is said of the data: what a reading met cell by cell, and what to change.

## where something stands
row = 第{ PLAIN($row) }行
file-row = { $file }第{ PLAIN($row) }行
row-of-file = { $file }的第{ PLAIN($row) }行
column = 列{ $name }
faults = 数据中有{ $n }处错误：
more-listed = 另有{ $n }处，列于messages.csv
more-rows = { $text }（另有{ $n }行相同）
cell = { $cell }{ $reason }
pair = { $city }-{ $partner }
pair-period = { $city }-{ $partner }，{ $period }
span = { $name }{ $first }至{ $last }

## files
place-of-file = { $place ->
    [variable] （位于{ $variable }所指的文件夹下）
   *[project] { "" }
}
is-folder = { $path }{ place-of-file }是文件夹，不是文件：请将文件放到该处，或改正路径
absent = { $path }{ place-of-file }不存在：请将文件放到该处，或改正路径

## dates and periods
blank = 为空
too-long = 过长，不可能是{ $what ->
    [date] 日期
   *[period] { period }
}
outside-years = 不在{ PLAIN($first) }年至{ PLAIN($last) }年的范围内
no-date = 不是日期
date-approximate = 是近似日期：请给出它所指的年份，精度为年
date-decade = 是十年期：请给出具体年份
date-span = 是年份区间：每行请给出一个日期
two-digit-year = 的年份只有两位：请写全四位
date-day-number = 是电子表格的日期序号：请将该列设为文本格式
date-republic = 采用民国纪年：请加1911
date-ambiguous = 无法分辨日与月的先后：请声明day_first，或写作2004-09-03的形式
date-no-month = 没有{ $month }月
date-no-day = 是不存在的日期
date-after = 晚于协议登记表的读取日期{ $as_of }
date-future = 是未来的日期：协议签署之后才计入
precision-unknown = 的精度为{ $precision }，不是day、month、year之一
precision-too-fine = 声明的精度为{ $declared ->
    [day] 日
    [month] 月
    [year] 年
   *[other] { $declared }
}，但只给出{ $given ->
    [day] 日
    [month] 月
    [year] 年
   *[other] { $given }
}
no-period = 不是按{ period }标示的时间
period-all-split-years = 此处每个单元格都与{ $cell }一样，应读作跨两年的年度，而不是月份
period-split-or-month = 是月份，或是跨两年的年度：若为月份，请设frequency = "month"；若为年度，请在每行写明所属的那一年
period-two-years = 跨两年；面板要求每行只对应一期。请修改文件：每行写明所属的那一年
fiscal-years = { $cell }等为财政年度：按其开始的公历年计（此处为{ $year }），协议日期则按公历年计
period-fiscal = 是财政年度：请说明对应哪个公历年
period-two-digits = 的年份只有两位：请写全四位
period-day-number = 是电子表格的日期序号：请将该列设为文本格式或年份格式
period-part = 只是一年的一部分
period-marked = 带有标记，或只是一年的一部分
period-no-part = 没有第{ $part }个{ period }
period-other = 是{ $other ->
    [year] 年
    [quarter] 季度
   *[month] 月
}，而面板的频率是{ period }
period-footer = 是表尾注释或合计：请用last_row使表在其之前结束
period-no-subperiod = 不是一年中的某{ period }
year-alone = 仅有年份，不能确定{ period }

## numbers
no-number = 不是数字
number-negative = 为负，读作{ $read }，而贸易额不为负；更正数或差额不应放在该列
number-in-parentheses = 带括号（会计上表示负数），读作{ $read }；贸易额不为负：若并非负数，请去掉括号
no-mark = { $file }：flags中的{ $mark }不是脚注标记：它像正负号、数字、单位或百分号那样改变旁边的数值。请从flags中删去；负数应在文件中更正，单位应在money_unit中声明
number-percentage = 是百分比，不是数值
number-spreadsheet-error = 是电子表格的错误值：请改正公式
number-truth = 是逻辑值，不是数字
number-infinite = 是无穷大
number-hexadecimal = 是十六进制数
number-underscores = 的数字之间有下划线
number-date = 是日期，可能由电子表格从数字转换而来
number-code = 以零开头：是代码，不是金额
number-currency = 带有货币：请声明money_unit，只填数字
number-unit = 带有单位：请声明money_unit，只填数字
number-separator-last = 以分隔符结尾
number-groups = 的数字分组不是千位分组
number-marked = 带有标记：请在flags中声明，如 flags = {"{"}"(r)" = "revised"{"}"}
number-ambiguous = { $cell }可能是{ $point }，也可能是{ $comma }，该列无法判定：请声明 decimal = "." 或 decimal = ","
number-other-mark = { $cell }与 decimal = "{ $decimal }" 不符
number-huge = { $cell }大于任何可能的贸易额：请核对其单位
number-scientific = { $n }个单元格采用科学计数法，电子表格显示四舍五入的数时即用此法（第一个：{ $first }）
two-decimal-marks = 第{ PLAIN($row_of_point) }行为{ $point }，以点为小数点；第{ PLAIN($row_of_comma) }行为{ $comma }，以逗号为小数点：请将该列统一为一种
thousands-likely = { $cell }及另外{ $others }个单元格在点后有三位数字，而不带点的单元格都小于1,000：点应是千位分隔符。若是，请声明 decimal = ","；若点后是小数，请声明 decimal = "."
thousands-or-decimals = { $cell }按小数点读取{ $others ->
    [0] { "" }
    [1] ，另有一个类似的单元格也是如此
   *[other] ，另有{ $others }个类似的单元格也是如此
}；若点是千位分隔符，请声明 decimal = ","

## money
unit-in-header = 该列标题中有{ $shown }，而money_unit是{ $unit }
unit-in-title = 表头之上写有{ $shown }，而money_unit是{ $unit }
unit-unwritten = money_unit仍为{ $unit }：请查明数值的计量单位，写明数量级与货币，如"USD"、"1,000 USD"、"million EUR"、"万美元"
unit-sign = money_unit { $unit }：{ $sign }是几种货币共用的符号；请写明所指货币的代码，如"1,000 USD"或"million CAD"
unit-unknown = 无法识别money_unit { $unit }{ $n_near ->
    [0] { "" }
   *[other] ；相近的有：{ $near }
}：请写明数量级与货币，如"USD"、"1,000 USD"、"million EUR"、"万美元"
several-currencies = 同一列中有多种货币（{ $currencies }）：请先换算，或声明汇率
coarse-rates = 每{ $rates ->
    [year] 年
    [quarter] 季度
   *[month] 月
}一个汇率，用于其中的每{ period }
conversion-ecb = 欧洲中央银行参考汇率，按日平均
currency-of-base = { $period }价格的{ $currency }
rates-missing = { $source }中没有{ $periods }的{ $currency }兑{ $target }汇率
index-missing = { $source }中没有{ $periods }的价格指数
dropped-currency = 其他货币

## formats
expands-too-far = { $file }展开后有{ $rows }行{ $columns }列，按文件大小至多应有{ $most }个单元格：请声明为微观数据，或另存为.csv
zip-tables = { $n ->
    [0] { $file }中有{ $n }个表：zip文件中必须有一个.csv、.tsv或.txt文件
   *[other] { $file }中有{ $n }个表（{ $names }）：请用member指定所用的表
}
separator-proven = 表头表明各列以{ $separator ->
    [tab] 制表符
    [semicolon] 分号
   *[bar] 竖线
}分隔
encoding-proven = 文件开头的标记表明其编码为{ $encoding }
encoding-unknown = { $file }第{ PLAIN($row) }行：文件不是UTF-8编码，也无从判定是哪种编码{ $n ->
    [0] { "" }
   *[other] ；该行可读作{ $readings }
}。请用encoding指定正确的编码，如 encoding = "{ $example }"
no-text-file = { $file }是{ $kind ->
    [zip] zip容器，Excel工作簿即属此类
    [office] 旧版Excel或Office文件
    [excel] 旧版或二进制Excel文件
    [numbers] Numbers文件
    [microdata] 微观数据源，需要duckdb和pyarrow：pip install duckdb pyarrow
    [parquet] Parquet文件
    [feather] Feather（Arrow）文件
    [stata] Stata文件
    [spss] SPSS文件
    [r] R文件
    [sas] SAS文件
    [access] Access数据库
    [sqlite] SQLite数据库
    [dbf] dBase文件
    [hdf] HDF5或MATLAB文件
    [pickle] Python pickle文件（读取它可能会执行代码）
    [json] JSON文件
    [xml] XML文件
    [html] 网页
    [image] 图片
    [word] 文字处理文档
    [rar] 压缩包（RAR或7z）
    [packed] 用xz或bzip2压缩的文件
    [pdf] PDF文件
   *[gzip] 用gzip压缩的文件
}，不是分隔符文本文件：{ $way ->
    [ending] 请将扩展名改为{ $ending }
    [unpack] 请解压，并声明其中的表
    [html] 下载得到的不是数据表；请重新下载，或打开后将表另存为.xlsx或.csv
   *[save] 请另存为.xlsx或.csv
}
damaged = { $file }不是完整的{ $kind ->
    [parquet] Parquet
    [feather] Feather
    [stata] Stata
    [spss] SPSS
    [r] R
   *[json] JSON
}文件（{ $why }）：请重新保存或下载
many-rows = { $file }有{ $n }行：请用附加组件microdata读取
huge-cell = { $file }中有一个单元格超过{ $most }个字符，数据表中不会如此：可能是引号没有闭合，或文件属于其他类型
constant-series = { $n ->
    [1] 一
   *[other] { $n }
}个配对各期数值相同，可能是填补或沿用前值所致：{ $pairs }
no-rows = { $file }没有数据行
needs-extra = { $file }是{ $kind ->
    [microdata] 微观数据源，需要duckdb和pyarrow：pip install duckdb pyarrow
    [parquet] Parquet或Feather文件，需要pyarrow：pip install pyarrow；或另存为.csv
    [spss] SPSS文件，需要pyreadstat：pip install pyreadstat；或另存为.dta或.csv
   *[r] R文件，需要rdata：pip install rdata；或在R中用 write.csv(x, row.names = FALSE) 保存
}
r-frames = { $file }{ $n ->
    [0] 中没有数据框：请用saveRDS保存一个
   *[other] 中有{ $n }个数据框：请将member设为{ $names }之一
}
json-no-table = { $file }中没有由记录组成的列表，也没有首项为列名的列表{ $n ->
    [0] { "" }
   *[other] ；其中有{ $names }
}
json-mixed = { $file }中记录与列表混在一起：每个表只能用一种
json-ragged = { $file }第{ PLAIN($row) }行：{ $n }个值，而列名有{ $n_names }个
ragged-row = { $file }第{ PLAIN($row) }行：{ $n }个单元格，而列名有{ $n_names }个{ $n_like ->
    [1] { "" }
   *[other] （此类行共{ $n_like }行）
}：{ $shown }。{ $cause }
ragged-footer = 属表尾注释：请设 last_row = { PLAIN($last) }
ragged-separator = 单元格内含未加引号的分隔符：请给该单元格加引号，或声明其他分隔符
ragged-title = 表中夹有标题或注释：请删去，或设置header与last_row
no-files = { $path }：没有这样的文件：请改正file，或把文件放到该处
header-rows = { $file }：header_rows = { $n }超出首行：请改正header_rows
group-rows = { $file }第{ PLAIN($row) }行：其上各行{ $groups }不像其他各组的标题行（其他组均以{ $first }开始）：请改正group_rows，或删去没有数值的行
no-column = { $file }第{ PLAIN($row) }行：没有列{ $names }；文件中的列为{ $columns }
no-column-of-wide = { no-column }。有{ $n_periods }列以{ period }为列名：若表中每{ period }占一列，请声明 layout = "wide"，并去掉period与value
unnamed-columns = { $file }：列{ $column }有数据但没有列名：{ $others ->
    [0] 请为其命名，或列入ignore
   *[other] 另有{ $others }列也是如此：请给每列一个不重复的名称；两行的表头须合为一行
}
no-row-of = 该列没有值为{ $value }的行
rule = { $name } { $kept ->
    [yes] =
   *[no] ≠
} { $values }
dropped-invalid = 该名称在该年份无效且无数值
dropped-where = 仅保留{ $rules }
hidden-rows = 工作表中有{ $n }行处于隐藏状态，已照常读取：{ $rows }
merged-inside = 第{ PLAIN($row) }行：表内有合并单元格（{ $cells }）：请取消合并并逐行填写
uncalculated = 第{ PLAIN($row) }行：{ $n }个公式没有存储值（{ $cells }）：请用电子表格程序打开工作簿，重新计算后保存
sheet-unread = { $file } { $reasons }
hidden-columns = 工作表中以下列处于隐藏状态：{ $columns }

## the report of a reading
report-files = 文件
report-file = { $file }：{ $n }行{ $n_facts ->
    [0] { "" }
   *[other] ，{ $facts }
}
other-sheets = 只读取了工作表{ $read }；工作表{ $names }的列与之相同，但没有读取：请为每个工作表单设一个[[data.trade]]表；若其内容与此无关，则无须声明
report-sheet = 工作表{ $name }
report-dropped = 按规则剔除：{ $rule }，{ $n }行
report-level = { $level ->
    [error] 错误
    [warning] 警告
   *[info] 说明
}（{ $total }条{ $all_shown ->
    [yes] { "" }
   *[no] ，前{ $n_shown }条列为{ $n_lines }行
}）
report-all-files = 全部文件
report-times = { $text }（共{ $n }次）
report-more = { $names }：另有{ $n }条类似；运行时会逐条列出
report-fixes = 若数据文件本身无误，可在分析文件中改动以下各行
report-table = 在{ $file }的表中
report-tables = 在上述各文件的表中
row-span = { PLAIN($first) }至{ PLAIN($last) }
rows = 第{ $rows }行

## lines to change, each of which TOML reads
fix-decimal = decimal = "."   # 或","
fix-thousands = decimal = ","   # 若点是千位分隔符
fix-flag = { $first } = "该标记的含义"
fix-value = { $first }
remark-kinds = 依据字面推测：请逐一核对
remark-missing_token = 仅当它表示没有数值时
fix-pair = { $first } = { $second }
remark-partner_name = 其代码，或"leave out"
remark-remainder = 或"remainder, for totals only"，或"leave out"
fix-city_name = {"{"} name = { $first }, city = "所指的城市" {"}"}
fix-own_name = {"{"} name = { $first }, code = { $second }, city = { $both } {"}"}
fix-same_city = {"{"} name = { $first }, city = { $second } {"}"}
remark-same_city = 若是同一城市
remark-agreement_city = 写在协议登记表的表中，若是同一城市
fix-city_code = city_code = { $first }   # 用以区分同名城市
remark-where = 只读取这些行
remark-where_open = 请写该列中应计入的那一个值
remark-where_total = 只取合计，不取分项
remark-drop = 剔除这些行
fix-last_row = last_row = { PLAIN($last) }
fix-events = { $first } = "signed"
fix-frequency = frequency = { $first }   # 若整个文件按{ $bare ->
    [year] 年
    [quarter] 季度
   *[month] 月
}列示
fix-money_unit = money_unit = { $first }
fix-money_unit_unknown = money_unit = "1,000 USD"   # 数量级与货币
fix-unit_column = money_unit = {"{"} column = { $first } {"}"}   # 若该列写的是货币单位
fix-cumulated = cumulated = true            # 数值自1月起累计；若为单期数值则写false
fix-add_up_columns = add_up = [{ $all }]   # 若各行是分项，则将其相加
fix-newest = newest = { $first }   # 重复的行以最新者为准
fix-add_up = add_up = true   # 将属于同一城市或同一伙伴的各名称的数值相加
fix-exchange = exchange = {"{"} target = "USD", file = "data/raw/rates.csv" {"}"}
fix-precedence = precedence = 1   # 写在重叠处以其为准的文件之下
fix-product = product = "商品所在的列"   # 若各行是须加总的商品，并写明product_revision
fix-confirmed = confirmed = true   # 若数值确实无误；此后首页会说明
fix-revision = mixed_revisions = "by_period"   # 或用where只读取一个版本
fix-day_first = day_first = true   # 或false
fix-duplicate-twinning = id = "能区分各行的列"   # 若为同一协议的两个日期，则用event
fix-absent = absent = "zero"   # 或"missing"
fix-blank = blank = "zero"   # 仅当空白表示没有贸易时
fix-undated = policy = "exclude"
more-lines = # ……另有{ $n }行类似

## cities and partners
city-blank = 城市为空：请在每一行填全合并或分组的单元格
city-control-character = { $name }含有控制字符
city-too-long = { $name }过长，不可能是城市名
city-marked = { $name }带有脚注标记：请在city_names中说明是哪个城市
city-total = { $name }是合计，不是城市：请用drop或last_row剔除此类行
city-two-codes = { $name }有多个代码（{ $others }）：属两城同名；请在city_names中按代码加以区分，并在协议登记表中采用同样的写法
code-two-cities = 代码{ $name }对应多个城市（{ $others }）：属一城两名；请在city_names中统一为一个名称
city-spellings = { $names }仅在大小写、重音、空格或标点上不同：若是同一城市，请在city_names中说明；若是两个城市，请改用不同的名称
member-is-total = { $name }的每个单元格都等于{ $n ->
    [0] 其余{ $dimension ->
        [city] 城市
        [partner] 伙伴
       *[product] 商品
    }
   *[other] { $parts }
}之和，会造成重复计算：请用drop剔除
city-kinds = { $names }仅在表示地名类别的词上不同，且没有同期并存的数值：若是同一城市，请在city_names中说明；若是两个城市，请在其中分别列出
city-letters = { $names }是同一城市名的两种文字写法，且没有同期并存的数值：若是同一城市，请在city_names中说明；若是两个城市，请在其中分别列出
city-kinds-apart = { $names }按两个城市读取，因为两者在相同的伙伴与时期均有数值：若是同一城市，请在city_names中说明
city-size = { $name }应是不小于{ $least }的数，只用数字书写
partner-blank = 伙伴为空
partner-other-asia = “Other Asia, nes”按台湾读取，联合国统计以此名称表示台湾
partner-two-letters = 在两位代码列中，{ $cell }应指{ $name }，但该列也有名称
partner-two-standards = { $cell }在ISO 3166中是{ $name }，而在本列亦有其代码的另一标准（FIPS 10-4或奥委会代码）中是另一国家：请在partner_names中声明
partner-reading = 伙伴的读取方式：{ $parts }
partner-proof = { $proof ->
    [alpha-2] 按两位字母代码（ISO 3166）
    [alpha-3] 按三位字母代码（ISO 3166）
    [numeric] 按数字代码（ISO 3166、Comtrade）
    [beside] 按名称及与之一致的代码
    [words] 按去掉国家与地区类别词后的名称
    [grammar] 按唯一有此形容词或属格形式的国家
    [cut] 按唯一以此开头的国家，因本列名称被截断
    [combined] 按多部分名称的各部分
    [sum] 按仅用于组别或其余部分的词
   *[name] 按名称表
}（{ $n }个：{ $examples }）
partner-example = { $cell } = { $name }（{ $code }）
partner-unknown = { $cell }不是已知的伙伴{ $n_near ->
    [0] { "" }
   *[other] ；相近的有：{ $near }
}：请改正，或在partner_names中声明
partner-alias = 别名{ $name }指向{ $code }，而该代码未知
remainder-total = 别名{ $name }是已有各自数据的伙伴的合计，不是其余部分：请从partner_names中删去
remainder-two-answers = partner_names对{ $name }给出两种回答：同一其余部分的各名称须一律纳入比较，或一律仅用于合计
partner-years = { $name }（{ $code }）在{ PLAIN($first) }年至{ PLAIN($last) }年有数值，但{ $bound ->
    [from] 自{ PLAIN($year) }年起才
   *[to] 仅到{ PLAIN($year) }年为止
}是独立的伙伴：其名下可能是另一国的贸易
partner-group = { $cell }不是单一国家

## figures of several rows and files
looks-cumulated = 数值似为自1月起的累计数，相加会重复计算贸易额：{ $how ->
    [named] 列名即表明如此
    [some] 在{ $years }年内数值从未下降，在其他年份则有下降。请为这些年份单设[[data.trade]]，并写明 where = {"{"} ... {"}"} 与 cumulated = true
   *[all] 共{ $of }个城市–伙伴–年份，其中{ $n }个在年内从未下降
}
cumulated-falls = { $what }的累计数值（自1月起）小于前一个{ $n ->
    [1] { "" }
   *[other] ，此类共{ $n }个，这是第一个
}：请改正；若为单期数值，请写 cumulated = false
cumulated-gaps = { $n ->
    [1] 有一个
   *[other] 有{ $n }个
}自1月起的累计数值之前有空缺：该数值也包含空缺各期
cumulated-apart = { $n }个自1月起的累计数值已拆分为单期数值
products-summed = { $revisions }的{ $n_rows }行已加总为{ $n }个数值
names-added-up = { $n ->
    [0] add_up为true，但没有两个名称共有同一数值
    [1] 有一个数值由不同名称的行相加而得：{ $names }
   *[other] 有{ $n }个数值由不同名称的行相加而得：{ $names }
}
names-of = { $name }（{ $names }）
names-alike = { $n ->
    [1] 有一个
   *[other] 有{ $n }个
}数值由相等的部分相加而得，可能是同一贸易以两个名称出现：{ $names }
absent-name = 某名称在{ $what }没有行，其前后均有数值{ $n ->
    [1] { "" }
   *[other] （此类共{ $n }处，这是第一处）
}；行缺失已声明为错误
revision-changes = 商品分类此处为{ $here }，之前为{ $before }：请用where只读取一个版本，或用 mixed_revisions = "by_period" 使各版本依次衔接
revisions-mixed = { $what }的商品采用多个分类版本，会造成重复计算：请用where只读取其中一个
revision-change = 商品采用多个分类版本（{ $revisions }）：换版时的跳变可能来自分类，而非贸易本身
both-figures = { $same ->
    [yes] 数值相同
   *[no] { $one }与{ $two }
}
doubt-logarithms = 所有{ $n }个非零数值都在{ QUANTITY($low) }与{ QUANTITY($high) }之间，像是对数：请在文件中还原，或指明含金额的列
doubt-rising = { $n }个序列的数值从不下降，像是累计数：请拆成单个时期的数值，或指明含单期数值的列
doubt-smooth = 数值在相邻时期之间几乎不变，像是多期的合计或平均：请指明含单期数值的列
doubt-switch = 列{ $name }在{ $period }由{ $before }变为{ $after }（{ $n_cities }个城市中的{ $n }个：{ $cities }）：前后数值的统计内容可能不同。请统一口径，或只保留同一口径的年份
duplicate-here = { $what }既见于此处，又见于第{ PLAIN($row) }行（{ both-figures }）：请删去其一；若是两个同名城市，请将city_code设为其代码所在的列
duplicate-names = { $what }在此处名为{ $name }，在第{ PLAIN($row) }行名为{ $other }（{ both-figures }）：若两者都是其组成部分，请用 add_up = true 相加；否则请用drop剔除其一
duplicate-elsewhere = { $what }既见于此处，又见于{ $file }第{ PLAIN($row) }行（{ both-figures }）：请删去其一，或为文件设定优先级precedence
newest-no-date = { $cell }不是年、月或日，无法判断是否最新
rows-added-up = 按{ $columns }区分的{ $n_rows }行已合计为{ $n }个数值
superseded = { $n }个数值被优先级更高的文件取代；其中{ $n_differ }个与之不同
dropped-superseded = 已被取代
absent-rows = 完整面板共{ $n_cells }行，其中{ $n }行不见于任何文件：{ $policy ->
    [zero] 按声明记为零
    [missing] 按声明记为缺失
   *[error] 无
}
no-absent-rows = 完整面板的{ $n_cells }行全部见于文件
own-partner-absent = { $n }个由同一国家组成的配对不在任何文件中，不予补齐
absent-row = { $pair }在{ $period }没有行

## what looks wrong
own-partner = { $n }个配对的两端是同一国家（{ $pairs }）：属国内销售，不是出口。这些配对仍在比较之中，正如方案ppml_border所需；否则请在[design]下设without = ["domestic"]
period-step = 文件每{ $step }{ period }才有一期数据：{ $periods }。事件时间以{ $step }为步长，基准期须为其中之一，如reference = -{ PLAIN($step) }
waves = 文件有{ $n }轮数据：{ $periods }。事件时间按轮计，两轮之间的协议自后一轮起算；[design]下的periods = "calendar"则按年计
period-gap = 文件的时间范围内有{ $n }期没有任何行：{ $periods }
city-span = { $n }个城市未覆盖首期至末期（{ $cities }）：{ $absent ->
    [zero] 其缺失各期按声明记为零
    [missing] 其缺失各期记为缺失
   *[error] 按声明视为错误
}
gaps = { $n_pairs }个城市–伙伴配对在首末期之间共有{ $n_periods }期没有行：{ $absent ->
    [zero] 按声明记为零
    [missing] 按声明记为缺失
   *[error] 按声明视为错误
}
part-period = { $period }的数值在中位城市仅为{ $neighbor }的{ SHARE($share) }，{ $n_cities }个城市中有{ $n }个如此下降：该期是否不足一{ period }？若是，请用design.sample将其剔除
jump = { $whole ->
    [yes] { $city }（{ $period }）
   *[no] { $city }–{ $partner }（{ $period }）
}前后相差{ $factor }倍{ $power ->
    [0] { "" }
    [2] （接近一百倍）
    [3] （接近一千倍）
    [4] （接近一万倍）
    [6] （接近一百万倍）
    [8] （接近一亿倍）
   *[other] （接近10的整数次幂）
}
unit-jump = 有{ $n }处跳变大于序列自身波动所能解释的幅度，可能是货币单位改变或笔误：{ $jumps }
treated-jump = 处理组配对或其城市有{ $n }处跳变大于序列自身波动所能解释的幅度，并影响估计值：{ $jumps }。请核对数值；若单位在该处改变，请逐行声明money_unit，或拆分文件
late-world = 各地之间的贸易为{ PLAIN($year) }年，而{ $n_treated }个处理配对中有{ $n }个当年已有协议：协议带来的部分变化已在其中，推算时又加了一次。请改用{ PLAIN($first) }年以前的年份
former-country = { $names }：{ $n }份协议的对方国家在数据期内已不复存在，与其后继国家的配对按未处理计算。若协议对某一后继国家继续有效，请在登记表中增加一行，或将该配对列入also_linked
no-trade-after = { $n }个处理组{ $units ->
    [city] 城市
   *[pair] 配对
}在协议生效前有贸易，生效后全为零值（{ $names }）：确系如此，还是数据到此为止？
wanted-periods = { $wanted ->
    [year] 年
    [quarter] 季度
   *[month] 月
}
part-periods = 按{ wanted-periods }加总后，{ $n_missing }期记为缺失，因为其中有数值的{ periods }所占比例不足{ SHARE($coverage) }；另有{ $n_partial }期只是其大部分{ periods }之和
part-periods-at-the-ends = 文件未完整覆盖{ $periods }：不足一{ period }的{ $n }行已剔除
summed-to-frequency = 已将按{ period }计的数值加总为按{ wanted-periods }计的数值

## agreements
ended = { $n }份协议中有{ $k }份已终止
twinnings = { $n }份协议
no-signature = 没有签署日期
no-signature-but = 没有签署日期；{ $ends ->
    [first] 不早于{ $first }
    [last] 不晚于{ $last }
   *[both] 在{ $first }与{ $last }之间
}
undated-but = 没有签署日期，但有{ $dates }
no-trade-row = { $names }没有贸易数据行
city-meant = 是否指{ $name }？请在city_names中说明
partner-meant = { $code }是{ $name }
signed-before = { $date }，样本始于{ $first }
signed-after = { $date }，样本止于{ $last }
status-unmatched = 城市或伙伴没有贸易数据行：仅予列出；名称与之相近的配对先予剔除，直至city_names说明它是哪个城市
status-undated = 没有签署日期：其配对不用作对照
status-too-coarse = 日期不能对应到面板的单一时期：在能够对应之前，其配对不用作对照
status-before = 首期或更早签署：始终处理，剔除并计数
status-inside = 样本期内签署
status-after = 末期之后签署：在样本期内尚未处理
twinnings-of-status = { twinnings }，{ $n_pairs }个配对：{ $status }
twinnings-are = { $n }份协议
too-coarse = { twinnings-are }的日期过粗，不能对应到具体的{ period }：{ $names }
far-ahead = { twinnings-are }的日期比样本期末晚{ $years }年以上：是否笔误？{ $names }
undated-refused = { $n }份协议没有日期。没有日期的协议不用作对照：请查明日期，或声明 policy = "exclude" 以剔除其配对并计数
undated-twinnings = { $n }份协议没有日期（{ $names }）：不用作对照
no-agreement = 因未查得协议而剔除：{ $n }行
dropped-no-agreement = 写明不存在协议
ends-before = { $cell }使协议在开始之前即告终止
bounds-crossed = 协议不早于{ $first }又不晚于{ $last }，二者矛盾：请更正其一
not-mapped = { $cell }没有对应项：请在{ $key }中补充，取{ $words }之一
twinning-repeated = { $name }既见于此处，又见于{ $where }：请删去其一；若为两项协议，请声明id，即能区分各行的列；若为同一协议的两个日期，请声明event
twinning-differs = { $name }与{ $where }在{ $columns }上不一致
several-signatures = { $name }有多个签署日期（{ $dates }）；以最早的为准
two-ends = { $name }有两个终止日期（{ $dates }）
same-agreement-twice = { $name }以不同标识见于第{ $rows }行；以最早的日期为准

## files of one panel
files-differ = { $files }的{ $name }不一致（{ $values }）：{ $name ->
    [flow] 出口与进口是两个结果变量
    [reporter] 同一流量由双方各自记录，其计价与覆盖范围不同，不能拼接
    [valuation] 离岸价与到岸价的数值不能拼接
    [deflator] 同一面板只能采用同一时期的价格
    [coverage] 同一面板对不完整时期只能采用一条规则
    [absent] 行缺失只能有一种含义
   *[product_revision] 不同分类版本加总所得的商品范围不同
}
file-in = { $file }（{ $currency }）
files-differ-in-currency = 各文件的货币不同（{ $files }）：请在需要换算的每个文件之下声明exchange
unit-by-row = 逐行给出，列{ $column }
revision-blank = 商品分类版本为空
city-unnamed = city仍为{ $name }：请写明该文件所指的城市，名称与协议登记表一致
token = “{ $token }”{ $n ->
    [1] 一次
   *[other] { $n }次
}
missing-cells = { $n }个单元格中没有数值（{ $tokens }）：{ $blank ->
    [zero] 按声明记为零
   *[missing] 记为缺失，不是零
}
unknown-cells = { $n }个单元格中是表示保密或不详的标记（{ $tokens }）：记为缺失，不是零
missing-rows = { $n }行中没有数值：{ $blank ->
    [zero] 按声明记为零
   *[missing] 记为缺失，不是零；其所在的汇总单元也记为缺失
}
unknown-rows = { $n }行中是表示保密或不详的标记：记为缺失，不是零；其所在的汇总单元也记为缺失
aggregate-partner = { $n }行属于国家组，或属于partner_names声明剔除的名称（{ $names }），已剔除
dropped-aggregate = 汇总伙伴
remainder-unanswered = { $names }指没有单独数据的伙伴：共{ $n }行，占贸易额的{ SHARE($share) }；在partner_names说明是否保留之前，一律剔除
remainder-totals = { $names }指没有单独数据的伙伴，仅保留用于合计：共{ $n }行，占贸易额的{ SHARE($share) }
remainder-compared = { $names }指没有单独数据的伙伴，作为从未受处理者保留在比较中：共{ $n }行，占贸易额的{ SHARE($share) }

## microdata
missing-weights = { $n }行没有权重：其所在汇总单元的权重取其余各行的权重
more-faulty-rows = 共有{ $n }行的{ $role ->
    [weight] 权重
   *[value] 数值
}不是普通数字
too-many-decimals = 的小数超过{ $n }位：{ $role ->
    [value] 请在microdata中声明decimals
   *[weight] 请对该列取整到允许的位数
}
no-plain-number = { $reason }；微观数据中的数字须只含数字和小数点：请清理该列，或声明单位
memory-short = 内存不足：改为分{ $n }遍重新处理
memory-and-disk-short = 微观数据所需超过 memory = '{ $memory }' 以及{ $spill }所在磁盘的空间（{ $error }）：请释放磁盘空间、调高memory，或另行指定spill文件夹
cells-not-summed = 各汇总单元无法加总：{ $error }
file-unread = { $file }无法完整读取：{ $error }
one-file-unread = 有一个微观数据文件无法完整读取：{ $error }
decoding = 正在解码{ $file }：{ SHARE($share) }

## guesses about a file that nobody has declared yet
look-doubt = { $n_odd ->
    [0] { "" }
   *[other] ；前{ $n_read }个中有{ $n_odd }个不是，如{ $odd }
}
look-partner = 其单元格是国家代码或国名{ look-doubt }
look-countries = 其单元格是国家{ look-doubt }
look-dates = 其单元格可读作日期{ look-doubt }
look-which-date = 有几列是日期（{ $columns }），而协议只按其中一列计：请写签署日期所在的列
look-periods = 其单元格可读作以{ periods }计的时间{ look-doubt }
look-values = 其单元格是数字，且没有其他列名更合适的列{ look-doubt }
look-value-exports = 依据列名，其中提到出口{ look-doubt }
look-value-imports = 依据列名，其中提到进口；没有列名提到出口的列{ look-doubt }
look-which-value = { $n ->
    [1] 这是唯一的数字列，但列名另有所指：若其中确是数值，请写{ $columns }
   *[other] 有几列可能是数值，无从判定：请写{ $columns }之一
}
look-no-amounts = 按列名，{ $columns }不是单个时期的金额（对数、平均数、其他时期的数值、累计数或拟合值）：请指明含金额的列或文件；只有当它们确是金额时，才写{ $columns }
look-two-units = 文件提到多个单位（{ $units }）：请写适用的单位；若单位有变化，请拆分文件，或增加单位列
look-unit-unread = { $currency }旁边的{ $unread }无法识别：请写明数量级和货币，如"1,000 { $currency }"或"million { $currency }"
look-which-end = { $n ->
    [1] 没有依据表明就是该列：若是，请写{ $columns }
   *[other] 没有依据表明是哪一列：请写{ $columns }之一
}
look-same-end = { $columns }的列名指的是贸易的同一方：请查明各指哪一方
look-same-name = 与贸易数据表中的同名列相同
look-cities-of-trade = 其单元格属于贸易数据表中的城市
look-exporter = 列名说明了卖方与买方
look-reporter-column = 列名说明了报告方与伙伴
look-flow-of-ends = 依据双方的列名
look-flow-cells = { $name }以无法识别的词表示流向（{ $cells }）：请写exports或imports，并为其各行写明 where = {"{"} ... {"}"}
look-both-flows = { $shown }是出口与进口之和，不是其中任何一项：请找到出口数据，或写明它代表哪一项
look-flow-against-ends = 数值名为{ $flow ->
    [exports] 出口
    [imports] 进口
   *[other] { $flow }
}，而双方的列名与之相反：请查明货物的流向
look-reporter-partner = 数值为{ $flow ->
    [exports] 出口
    [imports] 进口
   *[other] { $flow }
}，而该城市是贸易的对方
look-read = 读作：{ $said }
look-sold = { $period }：{ $seller }向{ $buyer }出售货物，金额为{ $money ->
    [unknown] { QUANTITY($amount) }（货币尚待写明）
   *[other] { QUANTITY($amount) } { $money }
}。
look-freight = { $names }仅见于进口
look-flow-open = { $title }的出口与进口文件式样相同，文件名与标题均未注明：请写exports或imports
look-other-flow = { $name }列另有{ $flow ->
    [exports] 出口
   *[other] 进口
}：如需分析，请在此写{ $lines }，并在[design]下写outcome = "{ $flow }"
look-other-letters = 贸易数据表中这些城市采用另一种文字
look-signed = { $date ->
    [none] 日期不详
   *[other] { $date }
}：{ $city }与{ $twin ->
    [none] { $country }的一地
   *[other] { $twin }（{ $country }）
}签订协议。
look-subperiods = 其单元格可读作一年中的{ periods }{ look-doubt }
look-wide = { $n }列以时期命名：{ $first }至{ $last }
look-as-written = 依据时期的写法
look-as-named = 依据列的命名
look-own-name = 依据其名称
look-column-name = 依据列名
look-title = 依据表头之上各行
look-names = 依据文件中的名称
look-layout = 由表头识别为{ $title }的数据表：以下未加标记之处不是推测。
look-further-flow = 只读取{ $code }的行；如需{ $others }，请用该代码再写一个这样的表
look-own-codes = { $name }采用发布方自有的代码：请写出各自的ISO代码
look-remainder = 指没有单独数据的伙伴；或"{ $compared }"，或"{ $totals }"
look-nothing = 文件中没有任何依据
look-no-such-column = 没有找到这样的列
look-one-flow = 每次只取一个流向
look-of-column = 属于列{ $name }
look-unread = 未被读取的列：{ $columns }
look-ignored = 列名既不是时期，也不是所需项目：已剔除
look-kinds-open = { $words }可能不是协议：请写sister city、friendship、memorandum或sister state；若不是协议则写none，其行即不计入
look-kinds = 文件中的全部类别：请逐一改正
look-names-no-kinds = { $name }有{ $n }种不同内容，是协议名称而非类别：全部视为同一类别。如另有一列写明类别，请写kind = "列名"，并在kinds下写明其中每个词的含义
no-layout-keys = { $file }的每列只有一个名称，没有标题行，{ $keys }对其不适用：请删去
look-not-undated = { $file }作为无日期协议的名单给出，但{ $columns }列有日期：请以--twinnings给出，或另列为[[data.twinnings]]；其中没有日期的行同样不用作对照
look-none-dated = { $file }与{ $undated }均没有签署日期：没有日期就无法估计。请以--twinnings给出有日期的名单
look-undated = 没有日期的行（{ $n }）予以剔除；如需改为报错停止，请写error
look-comma = 该列无从判定逗号是否为千位分隔符：请仔细核对
look-day-first = 该列其他日期以日在前
look-day-second = 该列其他日期以日在后
look-first-text = 没有其他用途的第一个文本列
look-no-city = 没有像城市的列：该文件只涉及一个城市。请写明其名称
look-city-titled = 见于标题或文件名；没有城市列
look-only-city = 协议登记表中唯一的城市；没有像城市的列
look-unit-column = 其单元格逐行给出单位
look-no-currency = 没有写明货币：请补写，如"USD"或"1,000 EUR"
look-products = 依据列名：其各商品将加总
look-revision = 无从得知采用哪种分类：HS2012、SITC4等
look-reporter = 无从得知贸易由谁记录：city或partner
look-absent = 无从得知行缺失的含义：zero、missing或error
look-largest-table = { $n }个表中最大的一个：{ $names }
look-first-sheet = { $n }个工作表中的第一个：{ $names }
look-sheet-with-table = { $n }个工作表中第一个含有三列表格的：{ $names }
look-other-sheet = { $n }个工作表中，贸易表未读取且含有表格的第一个：{ $names }
look-encoding = 不是UTF-8编码；请保留读来正确的一种：{ $readings }
look-separator = 在大多数行中给出{ $n }列
look-titles = 其上各行列数较少，像是标题
look-header-rows = 其上一行的列名跨多列
look-group-rows = 只有首格有内容的行（如{ $first }）是各组的标题
look-repeated = 有{ $n }列同名{ $name }，文件没有说明哪一列是金额：第一列写1，第二列写2
look-repeated-figures = { $n }列同名{ $name }，其中只有这一列有数值
look-notes = 其下各行列数较少，像是注释
look-no-column = { $file }：没有像{ $part ->
    [partner] 伙伴国（代码，或英文、中文及另外37种语言之一的国名）
    [date] 日期
    [period] 年、季度或月
   *[value] 数值
}的列；现有的列：{ $n ->
    [0] 无
   *[other] { $columns }
}。若表头在别处或缺少列，请改正文件；否则请按docs/spec.md所列手工写出声明

# Other policies.
policy-twice = data.policies中有两个区块名为{ $name }；请为每项政策只用一个名称和一个区块
policy-about-nothing = data.policies { $name }：请说明一行对应什么，用 city = "…"、partner = "…" 或两者指向文件中的列
policy-levels = data.policies { $name }指定了级别列：尚不能读取分级政策；请删去level，或为每一级别各设一个区块
policy-undated = { $name }没有{ $what }的日期：请补上，若并无此政策则删去该行
policy-ends-before = { $name }在{ $what }的结束早于开始
policy-repeated = { $name }中{ $what }有两行：请只保留一行，含一个开始和一个结束
# Columns of covariates and weights.
covariate-differs = { $name }与第{ PLAIN($before) }行中同一{ $what }的值不同
covariates-about-nothing = data.covariates { $file }：请说明一行对应什么，用 city = "…"、partner = "…" 或 period = "…" 指向文件中的列
covariates-by-partner = data.covariates { $file }按伙伴给出数值，而design.unit为"city"
covariate-taken = data.covariates { $file }：“{ $name }”已是另一列的名称；请另取名称，如 columns = { "{" } gdp = "{ $name }" { "}" }
covariate-of-microdata = { $names }：单笔货运的列不能作协变量；请将其放入[[data.covariates]]下的单独表中
covariate-by = 贸易文件中的{ $names }按{ $keys }各取一值；文件中没有的行沿用该值
covariate-absent = { $n_rows }行中有{ $n }行的{ $name }没有值，使用它的估计列会剔除这些行；第一处为{ $first }
world-output = { $place }各行的{ $column }不同：它应为该地的全部产出，各行相同

## lists of agreements
merged-dates = 日期相互矛盾：{ $dates }
merged-kinds = 类别不同：{ $kinds }
merged-ends = 终止日期不同：{ $dates }
listed-twice = { $city }-{ $twin }见于第{ $rows }行
own-country = { $city }与{ $twin }同在{ $code }
no-twin-named = { $city }在该行没有友城
share-percent = { $name }须是0到100之间的数
own-twin = { $city }的友城是其自身
date-unread = 日期{ $why }
date-before-all = { $date }早于{ PLAIN($year) }年，当时尚无此类协议
ended-first = 于{ $end }终止，早于其签署日期{ $date }
