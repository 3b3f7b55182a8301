# What the formats of a page say by themselves.
table = 表{ $n }
figure = 图{ $n }
numbered = { $what }：{ $caption }
skip = 跳至正文
brief = 简报
appendix = 附录
update-fields = 更新页码：选中目录后按F9键。
contents = 目录
points = { $figure }：各数据点；用方向键逐点查看
copy = 复制表格
copied = 已复制

## the closer look in the browser
view-no-script = 细看部分需要JavaScript；图和表中的数值与之相同。
view-note = 此处不作任何估计：所有数值均来自结果文件，每个标记都注明其文件和行号。
view-methods = 方法及其总体效应：最多选三种
view-full = 已选三种方法。取消其中一种后方可另选。
view-answer = { $change ->
    [none] 本页答案
   *[other] 第1页：与规模和增长相近的配对相比{ $change }
}
view-intervals = 线段表示
view-chart = 按协议后时间排列的效应；用方向键逐点查看
view-hint = 指向、点按或用Tab键选中标记即可查看数值；方向键可继续移动。
view-missing = 这些方法的推断不提供此类区间：只画标记，不画线段。
view-base = { $base ->
    [universal] 各期均与同一基期比较
    [varying] 协议前：各期与其前一期比较
    [mean-before] 各期均与协议前均值比较
    [none] 各期均与预期比较
   *[other] 协议前：与更早各期比较；协议之下：与预期比较
}
view-times = { $times }；第二行为配对数
view-mark = { $label }。{ $said }
view-value = { $value } { $scale }
view-said = { $time ->
    [none] 总体
   *[other] 事件时间{ $time }
}：{ $state ->
    [reference] 基期，按定义为零
    [bare] { $value }，该推断方法不提供此类区间
    [simultaneous] { $value }，{ SHARE($level) }联合置信带：{ $range }
   *[pointwise] { $value }，{ SHARE($level) }区间：{ $range }
}；{ $n }个处理组配对
view-pairs = 差额来自哪些配对
view-pairs-note = 取消勾选即可将该配对排除在合计之外。其余配对的合计重新相加，不作任何估计。单位：{ $power ->
    [8] 亿{ $unit }
    [4] 万{ $unit }
   *[0] { $unit }
}，协议之下共{ $period_name ->
    [year] { $periods }年
   *[other] { $periods }个{ period }
}。
view-whole = 全部{ $n }个配对{ $range ->
    [none] { "" }
   *[other] ，{ SHARE($level) }区间：{ $range }
}
view-some = { $n }个配对中的{ $k }个。此合计没有区间：须重新估计才能得到。
view-none = 所有配对均被排除。
view-expected = 无协议时的预期
view-observed = 实际值
view-pair-said = { $name }：实际{ $observed }，预期{ $expected }{ $change ->
    [none] { "" }
   *[other] ，{ $change }
}
view-csv-points = 下载这些效应（CSV）
view-csv-pairs = 下载这些配对（CSV）
view-address = 复制此视图的地址
view-reset = 回到本页答案
