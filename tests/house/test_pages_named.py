"""Every page that a file names or links to is there."""

import re


def test_every_page_that_is_named_is_there(root, written):
    gone = []
    for name, text in written.items():
        gone += [f"{name}: {page}" for page in re.findall(r"\bdocs/[\w/]+\.\w+", text) if not (root / page).is_file()]
        if name.endswith(".md"):
            links = re.findall(r"\]\((?!\w+://)([^)#\s]+)", text)
            gone += [f"{name}: {link}" for link in links if not ((root / name).parent / link).exists()]
    assert gone == []
