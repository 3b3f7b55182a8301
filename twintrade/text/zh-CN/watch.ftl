# 监测：协议生效期间反复查看其贸易。

## 拒绝
no-table = { $name } 没有 [watch] 表：请写入将签署协议的配对及其日期（docs/watch.md）
no-pairs = 监测需要城市与伙伴的配对，时间为连续的年、季或月
no-date = watch.portfolio，{ $pair }：“{ $date }”{ $reason }
looks-too-often = watch.looks 为 { $looks }，而数据的时间单位是 { $period_name }：查看不应比数据更频繁
no-years-before = { $first } 之前只有{ $n }个整年的数据；监测需要三年，用以计算每个配对的均值与季节。请加入更早的年份
pair-not-usable = watch.portfolio：{ $pair } { $why ->
    [unknown] 不在贸易表中。请写作“城市-伙伴”，名称与代码须与表中一致
    [gaps] 在签署前有无贸易的时期，无法衡量其通常的贸易。请将其剔除
   *[linked] 已有协议，或有日期不详的关系。请将其剔除
}
alone = 表中没有其他配对与被监测的配对同城市或同伙伴：双重比率需要两者。请加入同城市及同伙伴的配对
few-controls = { $boundary ->
    [linear] 按规则只能得到{ $n }个对照组合，而线性支出下{ $looks }次查看需要{ $needed }个：更少时最初几次查看无法报警。请减少查看次数、缩短期限、同时监测多个配对，或将 boundary 设为 obrien_fleming
   *[other] 按规则只能得到{ $n }个对照组合：在该 alpha 下无法报警。请加入配对，或同时监测多个配对
}
too-late = 数据已到 { $last }，而首项协议始于 { $first }：监测须在结果出现之前登记。对过去的协议请用事件研究
not-registered = { $name } 尚未登记，不进行查看。请在协议生效之前输入：twintrade watch register { $name }
changed = { $key } 登记为 { $registered }，现为 { $now }：监测的配对、查看、边界与对照不得更改。请恢复，或以另一名称登记新的监测
controls-gone = 已登记的监测中有{ $n }个配对（如 { $pair }）不在贸易表中：对照不得替换。请恢复数据
no-such-look = { $why ->
    [early] { $at } 是已登记的查看，但数据止于 { $last }：请等待其数据
   *[other] { $at } 不是已登记的查看。已登记的有：{ $known }
}
shorter = { $last } 的查看已进行，而数据不再包含该期。请恢复之后的时期

## 命令
registered = 已登记：{ $n }个配对，{ $looks }次查看（{ $first } 至 { $last }），{ $controls }个对照组合。
line = 持续上升{ SHARE($rise) }在{ $years }年内报警的概率分别为{ $shares }{ $rise ->
    [0] ：即误报
   *[other] ；要在{ $last }年内达到{ SHARE($power) }，需要{ $n ->
        [0] { $most }项以上协议
       *[other] { $n }项协议
    }
}。
share = { SHARE($share) }
sha256 = { $file } 的sha256：{ $sha256 }
next = 下一步：请他人为 { $file } 加注日期（见 docs/proof.md），此后每次数据发布时输入：twintrade watch look { $name }
looked = { $at }：签署以来变动{ LOGPERCENT($mean, sign: "always") }{ $has_set ->
    [1] ，集合{ LOGPERCENT($low, sign: "always") }至{ LOGPERCENT($high, sign: "always") }
   *[0] ，尚无集合
}；{ $rang ->
    [1] 报警
   *[0] 平静
}{ $is_revised ->
    [1] ；此后修订为{ LOGPERCENT($now, sign: "always") }
   *[0] { "" }
}
looked-none = 没有到期的已登记查看：下一次为 { $next }。

## 页面
title = { $question }{ $state ->
    [rang] 监测于 { $at } 报警
    [quiet] 至 { $at } 未报警
   *[none] 尚未查看
}
planted = { $planted ->
    [0] { "" }
   *[other] 自签署之日起在被监测的配对上植入了{ LOGPERCENT($planted, decimals: 0, sign: "always") }的效应：本页演示如何发现它。
}
answer = { $state ->
    [none] 尚未查看。{ $n_looks }次中的第一次须待 { $at } 的数据。
    [quiet] 尚无发现：至 { $at } 的查看均未报警。{ $seen ->
        [0] 至今任何幅度的上升都不会显现。
       *[other] 若有{ SHARE($seen) }的持续上升，至今应已以{ SHARE($power) }的概率显现。
    }
   *[rang] { $at }，被监测配对的贸易在与其他贸易相比后，{ $moved ->
        [lower] 低于其过去{ SHARE($size) }
       *[higher] 高于其过去{ SHARE($size) }
    }。若无效应，全部查看合计至多有{ SHARE($alpha) }的情形会如此。
}
head-seen = 所见
seen = 截至 { $at }，签署以来的贸易相对此前均值变动{ LOGPERCENT($mean, sign: "always") }（双重比率：相对同城市与同伙伴的其他贸易）。{ $kind ->
    [none] 尚不能给出集合：此次查看时对照太少，不允许越界。
   *[other] 无论路径如何，至此的平均效应在{ LOGPERCENT($low, sign: "always") }与{ LOGPERCENT($high, sign: "always") }之间。
}{ $kind ->
    [none] { "" }
    [empty] 没有任何恒定的效应同时位于至今的每个集合之中：效应并非恒定。
   *[both] 若效应恒定，则在{ LOGPERCENT($constant_low, sign: "always") }与{ LOGPERCENT($constant_high, sign: "always") }之间。
}{ $is_long ->
    [yes] 另外，仅由该组合自身的月度数据，渐近置信序列（Waudby-Smith等，2024）为{ LOGPERCENT($from, sign: "always") }至{ LOGPERCENT($to, sign: "always") }；它假定序列足够长，且序列相关与此前相同。
   *[no] { "" }
}{ $revised ->
    [0] { "" }
   *[other] { $revised }次查看的数字后来被修订。当时的判断不变：之后的数字既不撤销警报，也不产生警报。
}
head-learned = 能了解什么
learned = { $years ->
    [0] 签署前的年份太少，无法说明某一上升会多常报警。
   *[other] { $n ->
        [one] 单个配对所能说明的很少：
       *[other] { "" }
    }{ $years }年内，没有效应时有{ SHARE($none) }的情形报警，持续上升{ SHARE($rise) }时有{ SHARE($some) }，翻倍时有{ SHARE($double) }。由本表中未处理的配对计算，假设它们早若干年签署。
}
head-sure = 把握程度
sure = 将该组合与{ $n_controls }个对照组合按变动幅度排序，全部{ $n_looks }次查看合计至多{ $n_cross }个可越界。若无效应且该组合与它们可交换，则无论序列相关如何、何时停止，报警概率至多{ SHARE($alpha) }。对照{ $alike ->
    [partner] 取自同一伙伴的配对
    [nearest] 为规模最接近的{ $n_alike }个配对，这是实测而非精确的：该组合处于其对照的中心，而非其中之一
   *[size] 取自同一规模层的配对，至少{ $n_alike }个
}；规则在签署前已定。
head-rests = 依据
rests = alpha{ $boundary ->
    [obrien_fleming] 起初支出缓慢（O’Brien-Fleming式）
    [pocock] 起初支出较快（Pocock式）
   *[linear] 在各次查看间均匀支出
}；最早可能报警的是 { $first_look } 的查看。{ $n_pairs ->
    [one] { "" }
   *[other] 对照组合之间以及与被监测组合之间可有相同的配对，平均占{ SHARE($overlap, decimals: 1) }。
}{ $n_gaps ->
    [0] { "" }
   *[other] 在签署前有无贸易时期的配对已剔除（{ $n_gaps }个）。
}此后无贸易的时期按该配对此前最小值的一半计。签署了协议的对照仍保留并视为已越界，因为谁接着签署并非偶然。签署前一年，全部组合（含自身）中有{ SHARE($p_before) }偏离其过去的幅度不小于该组合{ $selection ->
    [objects] ：它在签署前就已突出。若签署取决于结果，组合之间不可交换，监测可能过多报警。
   *[none] ；这不否定可交换性，也不能证明它。
}{ $concentration ->
    [half] 最大的配对占权重的{ SHARE($largest) }：实际上监测的是该配对。
   *[none] { "" }
}
figure = 签署以来被监测贸易的变动，以及每次查看时效应的集合
figure-note = 竖条：以所述概率同时成立的集合，随月份增加而收窄。
alt = { $n }次查看的平均变动与集合；尚有{ $to_come }次查看。
mark-seen = 查看时的变动
mark-rang = 报警
mark-to-come = 将来的查看
mark-revised = 现行数据
not-constant = 并非恒定
looks = 已进行与将来的查看
looks-note = { $n }次查看中已进行{ $done }次，列出{ $shown }次（含首次报警，如有）。集合：签署以来的平均效应，路径不限。若恒定：至今各集合的交集。
column-look = 数据截至
column-taken = 查看日期
column-mean = 变动
column-set = 集合
column-constant = 若恒定
column-state = 状态
state-to-come = 将来
state-rang = 报警
state-quiet = 平静
state-cannot = 尚不能报警
column-now = 修订为
table-learned = 监测多常报警
learned-note = 将未处理配对的安慰剂组合自签署起统一提高相应幅度时报警的份额。第一行为误报的份额。
column-rise = 持续上升
column-years = { $n }年内
column-needed = { $years }年内达{ SHARE($power) }所需协议数
rise = { $rise ->
    [0] 无：误报
   *[other] { SHARE($rise) }
}
needs-more = { $n }项以上
pairs = 被监测的配对
