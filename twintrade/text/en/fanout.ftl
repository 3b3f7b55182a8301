# How work that is spread over processes comes along.
counted = { $name }{ $number ->
    [1] { "" }
   *[other] , pass { $number }
}: { $done } of { $all }
progress = { $counted }, { $left } left
seconds = about { FIXED($n, decimals: 0) } s
minutes = about { FIXED($n, decimals: 0) } min
hours = about { FIXED($n, decimals: 1) } h
no-worker = the scheduler at { $address } has no worker within { $seconds } seconds ({ $error }): start it, or leave --backend out
no-answer = the scheduler at { $address } does not answer within { $seconds } seconds ({ $error }): start it, or leave --backend out
linear-algebra = a matrix cannot be inverted or decomposed ({ $error })
