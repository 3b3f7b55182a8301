# What the formats of a page say by themselves.
table = 表{ $n }
figure = 图{ $n }
numbered = { $what }：{ $caption }
skip = 跳至正文
brief = 简报
appendix = 附录
list-of-tables = 表目录
list-of-figures = 图目录
update-fields = 更新页码：选中目录后按F9键。
contents = 目录
points = { $figure }：各数据点；用方向键逐点查看
copy = 复制表格
copied = 已复制

## the interactive event study
view-estimator = 估计量
view-interval = 区间
view-download = 下载数据（CSV）
view-chart = 事件研究图；按Tab键可逐点查看
view-no-script = 此视图需要JavaScript；图和表中的数值与之相同。
view-hint = 将指针移到某点上，或按Tab键选中该点。
view-missing = 该推断方法不提供此类区间；仅显示点估计。
view-treated = { $n ->
    [1] 一
   *[other] { $n }
}个处理组个体
view-reference = 事件时间{ $time }：基期，按定义为零；{ view-treated }
view-effect = { $effect } { $scale }
view-pointwise = 事件时间{ $time }：{ view-effect }，{ SHARE($level) }区间：{ $interval }；{ view-treated }
view-simultaneous = 事件时间{ $time }：{ view-effect }，{ SHARE($level) }联合置信带：{ $interval }；{ view-treated }
view-bare = 事件时间{ $time }：{ view-effect }，该推断方法不提供此类区间；{ view-treated }
