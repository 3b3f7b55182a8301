"""The shortest correct path for each task, as a person or a program reads it."""

import re

from twintrade.errors import SpecError
from twintrade.text import Listed, Text, find_catalogue

_TASK = re.compile(r"^## (\w+)\n", re.MULTILINE)


def read_guide(task: str = "") -> str:
    """Return the guide, or what it says about one task.

    Raises
    ------
    SpecError
        No such task.
    """
    text = find_catalogue().read("guide.md")
    if not task:
        return text
    _, *parts = _TASK.split(text)
    tasks = dict(zip(parts[::2], parts[1::2], strict=True))
    if task not in tasks:
        raise SpecError(Text("study.no-task", name=task, known=Listed(tuple(tasks), "comma")))
    return tasks[task].strip() + "\n"
