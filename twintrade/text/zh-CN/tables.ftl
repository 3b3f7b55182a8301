# Rows, heads and cells of the page's tables.
yes = 是
no = 否
further-rows = 其余{ $n }行见CSV文件。

## the ladder
specification = 设定
change = 变化（百分比）
open-end = 无界
no-bound = 无
check = 检查或变体
change-short = 变化（%）
interval-short = 区间（%）
difference = 差异
bound = 界
power-short = 功效（%）
variant = { "   " }{ $name }
other-variants = { "   " }其他{ $n }种
log-points = 效应（对数点）
mean-before = 协议前均值
against = 比较基准
p = p
observations = 观测数
treated-rows = 效应所依据的处理组观测数
zeros = 结果变量为零的观测数
separated = 剔除的分离观测数
singletons = 其中单例
lost-rows = 未使用的处理组观测数
lost-units = 事前无贸易的处理组个体数
negative-weights = 负权重占比
outcome-in = 结果变量的形式
effect-in = 效应的尺度
comparison = 对照
base = 事前期基准
reference-period = 基期
size-studied = 实际拒绝率是否经过研究
size-not-studied = 未经研究
star = { $mark } p ≤ { $bound }

## effects by event time and by inference
event-time = 事件时间
estimate = 估计值
critical-value = 联合区间的临界值
joint-test = 联合检验
joint-p = 协议前联合检验的 p 值
interval = { SHARE($level) }区间
reference = 基期
inference = 推断方法
reported = { $inference }（报告所用）

## inputs and messages
simulated-input = { $reading }，模拟数据
simulated-alone = 模拟数据

## the register
all = 全部
no-status = 无状态
no-period = 无对应期
dated = { $when }{ $date }
ended = { $dates }；{ $when }终止
undated-more = { $names }；另有{ $n }项见twinnings.csv
