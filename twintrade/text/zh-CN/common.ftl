# Messages that those of every other file may use; their values are given with the text.

# What is compared; $units is "pair" or "city".
units = { $units ->
    [city] 城市
   *[pair] 配对
}
unit = { $units ->
    [city] 城市
   *[pair] 配对
}
treated = { $n }个处理组{ unit }

renamed = { $place }：自{ $since }版起，{ $kind ->
    [argument] 参数
    [option] 选项
    [key] 键
   *[name] 名称
}{ $old }改为{ $new }。请改写为{ $new }；{ $old }到{ $until }版失效。
renamed-twice = { $place }：{ $old }与{ $new }同时给出，二者含义相同。请删去{ $old }。

# An effect on its scale.
effect = { $scale ->
    [log-points] { FIXED($value) }个对数点（{ LOGPERCENT($value, sign: "always") }）
    [percent] { PERCENT($value, sign: "always") }
    [points] { FIXED($value, decimals: 1, sign: "always") }个百分点
    [level] { COMPACT($value, digits: 3) }
    [share] 份额{ COMPACT($value, digits: 3) }
    [index] 指数{ COMPACT($value, digits: 3) }
   *[other] { COMPACT($value, digits: 3) } { $scale }
}

more = 另有{ $n }项
named = { $name } { $value }
headed = { $head }：{ $said }
date-bounds = { $ends ->
    [first] { $first }起
    [last] 不晚于{ $last }
   *[both] { $first }至{ $last }
}

# What a period is called: the study's word, which may be a user's own.
period = { $period_name ->
    [year] 年
    [quarter] 季度
    [month] 月
    [wave] 轮
    [period] 期
   *[other] { $period_name }
}
# What money is counted by: a wave has a year's money.
money-period = { $period_name ->
    [wave] 年
   *[other] { period }
}
periods = { $period_name ->
    [year] 年
    [quarter] 季度
    [month] 月
    [wave] 轮
    [period] 期
   *[other] { $period_name }
}

# A list of which only the first items are named.
and-more = { $items }，另有{ $n }项

## files
no-regular-file = { $file }不是普通文件：请给出磁盘上的表格或文本，不要用管道、设备或文件夹
file-too-large = { $file }超过{ $most }字节，此类文件无需这么大
no-memory = 内存不足以读取{ $file }：请释放内存，只保留分析所需的列和行，或声明为微观数据
no-memory-here = 内存不足：请释放内存，或减少同时运行的分析和进程（--jobs 1）
no-address-space = 本进程最多可用{ $most }MB内存，至少需要{ $least }MB：请提高限制（ulimit -v）
