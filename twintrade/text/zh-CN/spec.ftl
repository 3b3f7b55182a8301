# The analysis file: recipes, keys and what is wrong with one.

## recipes
equation-chart = X_cjt的原值与指数，全部候选日期，对照线
recipe-chart = 只有图，没有估计值和p值；仅作描述。
equation-double_ratio = (X_cjt / X_c·t) / (X_·jt / X_··t)，剔除自身流量
recipe-double_ratio = 将一个配对同时与其城市的其他流量、其目的地的其他流量相比，并在安慰剂中排序。
equation-log_two_way = ln X − ln X(0)的均值，其中ln X(0) = α_cj + α_t由插补得到；另列ln X = Σ_e β_e 1[t − g = e] + α_cj + α_t
recipe-log_two_way = 沿用旧法：即早期文献所报告的结果；其中仍含城市整体与目的地整体的增长。
equation-log_gravity = ln X − ln X(0)的均值，其中ln X(0) = α_cj + α_ct + α_jt由插补得到；另列ln X = Σ_e β_e 1[t − g = e] + α_cj + α_ct + α_jt
recipe-log_gravity = 剔除城市整体与目的地整体增长之后的部分；零值无法保留。
equation-ppml_gravity = ΣX / ΣX(0) − 1，其中E[X(0)] = exp(α_cj + α_ct + α_jt)由插补得到；另列E[X] = exp(Σ_e β_e 1[t − g = e] + α_cj + α_ct + α_jt)
equation-ppml_border = 同ppml_gravity，另加入国内流量，并为跨境流量加入α_bt
recipe-ppml_border = 纳入国内流量：某年使全部跨境贸易上升的因素不属于协议的效应。
recipe-ppml_gravity = 默认方案：保留零值，不受异方差影响，只留下双边部分。
equation-staggered = ln X − ln X(0)的均值，由插补得到；另列Σ_e β_e 1[t − g = e]，按处理批次逐一估计
recipe-staggered = 协议生效期各不相同，效应也可能不同：在常用估计量之外，另列不含“禁用比较”的估计量。
equation-staggered_levels = ΣX / ΣX(0) − 1，其中E[X(0)] = exp(α_cj + α_ct + α_jt)由插补得到；另列E[X] = exp(Σ_g Σ_t β_gt D_gt + α_cj + α_ct + α_jt)，按处理批次逐一估计
recipe-staggered_levels = 同上，采用水平值并保留零值：处理组总额分别由插补和分组估计得出，另列PPML。
equation-single_case = 一个配对，供体集A（同一城市）与B（同一目的地）
recipe-single_case = 图、比率以及相对两个供体集的合成控制，安慰剂排序及其下限，多组候选日期。
equation-watch = 将来的协议，每次查看都与对照组合排序
recipe-watch = 在协议生效期间加以监测：可反复查看的安慰剂排序、每次查看的集合，以及能了解什么。

## a new analysis
effects-gravity = 配对、城市×时期、伙伴×时期；或"two_way"
guess-single-case = 全部配对中，只有该配对在样本期内开始处理
guess-step = 表中每{ $step }{ period }才有一期，事件时间以此为步长
guess-waves = 年份间隔不等：事件时间按轮计，两轮之间的协议自后一轮起算；或"calendar"
guess-two-way = 配对与时期：只有一个{ $what ->
    [city] 城市
    [partner] 伙伴
   *[other] { $what }
}时，无法剔除其整体增长

undecided = { $file }：有{ $n }个问题尚未回答：{ $questions }
question = 第{ PLAIN($line) }行，{ $key }{ $asked ->
    [none] { "" }
   *[other] ：{ $asked }
}

## the page that lists all keys
table-top = 顶层
remark-case = 仅用于单一配对的分析。
remark-trade = 每个文件一个表。`file`与`simulate`二者取一。
remark-simulate = 用以代替`file`；此后所有输出均标明“模拟数据”。
remark-microdata = 用于逐笔货运数据；`file`可以是存放CSV、压缩CSV或Parquet文件的文件夹，也可以是DuckDB文件。所需资源见docs/scale.md。
remark-twinnings = 每份协议登记表一个表。
remark-covariates = 每个文件一个表。贸易文件中的列无须在此声明：由design直接引用。
remark-undated = 若有多份名单，则用`[[data.undated]]`。
remark-inference = 其余的键是所选方法的选项。
remark-report = 用法见docs/report.md。
remark-translate = 它回答什么，见docs/tutorials/whose_trade.md。
of-format = 文件的写法，同`[[data.trade]]`。
remark-claim = 每个论断一个表；在论断核对表中排在文献论断之后。
remark-registry = 与`recipe = "registry"`同用，代替`[data]`和`[design]`。
table-in = `{ $table }`中的`{ $name }`
head-key = 键
head-takes = 取值
head-default = 默认值
head-meaning = 含义
required = 必填
preset = 预设方案的名称；与文件内容不一致时，以文件为准。
on = headline、all，或估计列的名称
type-text = 文本
type-whole = 整数
type-number = 数
type-truth = `true`或`false`
type-table = 表
type-list = 由{ $of }组成的列表

## faults; $where is the place in the file
entry = 第{ PLAIN($n) }个[[{ $table }]]（{ $name }）
level = { $where }：level = { PLAIN($value) }：置信水平须介于 0 与 1 之间，如 0.95
count = { $where }：{ $key } = { PLAIN($value) }：至少须为1
duplicate-key = { $where }第{ PLAIN($line) }行：此处的键或表重复出现；请只保留一个
no-option = { $where }：{ $name }没有选项{ $key }{ $hint ->
    [none] { "" }
   *[other] ；{ $hint }
}
repeats = { $where }：与前面的条目重复；请改变设计，或为其另设key
no-key = { $where }：{ $key }不能作为键：请使用字母、数字、连字符和下划线，其间可有单个句点
headlines = 有{ $n }个[[estimator]]条目写有 headline = true（{ $labels }）：至多一个
missing = { $place }：缺少{ $key }
belongs = 该键应写在[{ $table }]之下
unknown = { $place }：{ $key }不是已知的键{ $hint ->
    [none] { "" }
   *[other] ；{ $hint }
}
faults = 分析文件中有{ $n }处错误：
at-line = { $file }第{ PLAIN($line) }行
nested = 嵌套过深
