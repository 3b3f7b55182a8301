# Registrations: what an analysis fixed before its outcomes were looked at, and what later runs changed.

## the command
exists = { $name }已于{ $date }预注册：预注册不会写第二次。如需重新预注册，请移走{ $folder }/{ $name }，并说明理由
nothing-estimated = { $name }只描述协议登记表，不估计任何效应：没有可预注册的内容
few-periods = 首个协议之前只有{ $n }个时期，无法据此估计误差；至少需要{ $fewest }个。请使用--errors stated
draws-few = --draws至少为{ $fewest }：抽样再少，检验水平和检验功效就没有意义
unreadable = { $file }不是可读取的预注册文件：请恢复写入时的文件
tampered = { $file }写入后被改动：其中的哈希值与内容不符。请恢复写入时的文件
of-another = { $file }是{ $name }的预注册文件
log-unreadable = 无法读取{ $file }：请恢复写入时的文件
sha256 = registration.json的sha256：{ $sha256 }
next-stamp = 下一步：请由第三方为该文件加盖时间戳（方法见docs/proof.md），然后运行twintrade run { $name }

## the page
title = { $title }：预注册
byline = 预注册日期：{ $date }，twintrade { $version }
no-question = 协议带来了什么变化？
simulated = 本页所依据的结果变量全部为模拟数据。协议生效之后的任何结果均未被查看。
existed = { $date }预注册时，本分析已有结果，其日期为{ $existed }。因此，本预注册不能证明当时结果尚不为人所知。
head-estimated = 估计什么
design = 数据包括{ $cities }个城市与{ $partners }个伙伴的{ $pairs }个配对，时间为{ $first }至{ $last }。其中{ $n }个配对的协议在此期间生效；与之比较的有{ $comparison }个配对。
headline = 主要估计为{ $label }，主要论断据此判定；{ $n ->
    [1] 没有其他列
    [2] 另有一列
   *[other] 估计表共有{ $n }列
}。
no-headline = 不估计任何效应。
head-claim = 主要论断
no-claim = 本分析不检验主要论断。
rule = 该论断仅由主要估计在5%水平上判定；其余论断按Holm方法共享5%；只要有检查提出异议，相应论断即无法判断。
head-sure = 估计的把握
inference = 分析文件指定的推断方法为{ $name }。
taken = { $name }（{ $n }次）
methods = 在{ $n }次模拟结果中所采用的方法：{ $taken }。
head-find = 该设计能检测出什么
size = 在没有任何效应时，{ $n }次模拟结果中有{ SHARE($size, decimals: 1) }在5%水平上拒绝原假设（蒙特卡洛标准误{ SHARE($error, decimals: 1) }；随机种子{ PLAIN($seed) }）{ $failed ->
    [0] { "" }
   *[other] ；其中{ $failed }次得不到检验结果
}。
no-test = 主要估计不给出检验，因此检验水平和检验功效未知。
detectable = 上升{ $effect }时，五次中有四次能被检测出来（95%蒙特卡洛区间：{ $low }至{ $high }）。
no-detectable = 置信区间没有下端的次数过多，任何幅度的上升都达不到五次中检出四次。
open = 没有上端
power = 各种幅度的上升被检测出来的频率
power-axis = 上升幅度（{ $unit }）
power-table = 检测出上升的模拟结果所占比例
power-note = 上升会使估计值及其置信区间同等移动；各行使用相同的模拟结果。
head-errors = 结果变量如何模拟
errors = { $source ->
    [before] 误差由首个协议之前{ $n_periods }个时期的{ $n_rows }个观测估计；每个配对保留自身的规模和零贸易观测的比例
   *[stated] 误差采用程序自带的设定，未查看任何结果
}。流量的对数由配对规模（标准差{ FIXED($size, decimals: 2) }）、配对自身的误差（{ FIXED($pair, decimals: 2) }）、城市当期冲击（{ FIXED($city, decimals: 2) }）和伙伴当期冲击（{ FIXED($partner, decimals: 2) }）构成，三种误差的序列相关系数均为{ FIXED($serial, decimals: 2) }；{ SHARE($zeros, decimals: 1) }的观测没有贸易。
head-checks = 检查
checks = { $n ->
    [0] 分析文件没有列出检查
   *[other] 将进行{ $n }项检查：{ $names }
}。
table-columns = 估计表各列
table-claims = 本分析检验的论断
table-agreements = 样本期内的处理组配对及其首个处理时期
skipped = 未估计：{ $reason }
head-proof = 证明
proof = registration.json的sha256为{ $sha256 }。请由第三方证明其日期：向时间戳机构申请时间戳（RFC 3161），或将文件上传至OSF。{ $analysis }此后的每次运行都会列出对预注册的全部偏离。文件夹rehearsal/中是用一次模拟结果运行得到的页面。

## later runs
status = 预注册日期：{ $date }，{ $n ->
    [0] 未作改动
   *[other] 有{ $n }处偏离
}{ $late ->
    [yes] ；当时已有{ $existed }的结果
   *[no] { "" }
}。
about-specification = 分析文件
about-design = 数据
kind-changed = 改动
kind-added = 新增
kind-removed = 删除
heading = 预注册与对它的偏离
file = 预注册文件写于{ $at }；其sha256为{ $sha256 }。
table-deviations = 与预注册不同之处
note = “始于”指首次出现该偏离的运行。“仍有效”为否的偏离在本次运行之前已撤回。未预注册的列标为“探索性”。
exploratory = { $label }（探索性）
