# What is wrong with a department's style.
no-number = { $name } = { $value } is no number from { $low } to { $high }
no-palette = palette is no list of colours
no-colour = { $name } = { $value } is no colour written as "#12436D"
no-typeface = the typeface { $family } is not installed here; without family it is { $default }
no-chinese = Chinese pages need a Chinese typeface, and none is installed here. On Debian and Ubuntu: apt install fonts-noto-cjk. Any of these will do: { $families }
