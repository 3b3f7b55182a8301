# What is wrong with a department's style.
no-number = { $name } = { $value }不是{ $low }至{ $high }之间的数
no-palette = palette不是颜色列表
no-colour = { $name } = { $value }不是形如"#12436D"的颜色
no-typeface = 此处未安装字体{ $family }；不设family时使用{ $default }
no-chinese = 中文页面需要中文字体，而本机没有安装。在Debian和Ubuntu上：apt install fonts-noto-cjk。以下任何一种均可：{ $families }
