#!/bin/sh
# @head@
# @python@
set -eu
cd "$(dirname "$0")"
for file in @needed@; do
    case "$file" in TWINTRADE_DATA/*) file="${TWINTRADE_DATA:-TWINTRADE_DATA}/${file#TWINTRADE_DATA/}" ;; esac
    if [ ! -e "$file" ]; then
        printf '%s %s\n' "$file" @missing@
        exit 3
    fi
done
python="${PYTHON:-.venv/bin/python}"
if [ -z "${PYTHON:-}" ] && [ ! -x "$python" ]; then
    python3 -m venv .venv
    "$python" -m pip install --quiet -r requirements.lock
fi
PYTHONPATH="$PWD/code"
export PYTHONPATH
"$python" -m twintrade.cli run @name@ --force
"$python" -m twintrade.cli verify @name@ --against results.sha256
"$python" verify_appendix.py @results@
