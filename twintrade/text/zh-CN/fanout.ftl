# How work that is spread over processes comes along.
counted = { $name }{ $number ->
    [1] { "" }
   *[other] ，第{ $number }遍
}：已完成{ $done }项，共{ $all }项
progress = { $counted }，剩余{ $left }
seconds = 约{ FIXED($n, decimals: 0) }秒
minutes = 约{ FIXED($n, decimals: 0) }分钟
hours = 约{ FIXED($n, decimals: 1) }小时
no-worker = 调度器{ $address }在{ $seconds }秒内没有可用的工作进程（{ $error }）：请启动工作进程，或去掉 --backend
no-answer = 调度器{ $address }在{ $seconds }秒内没有应答（{ $error }）：请启动调度器，或去掉 --backend
linear-algebra = 矩阵无法求逆或分解（{ $error }）
