"""Every page that a file names or links to is there, and pages describe the present."""

import re


def test_every_page_that_is_named_is_there(root, written):
    gone = []
    for name, text in written.items():
        gone += [
            f"{name}: {page}"
            for page in re.findall(r"\b(?:docs|tests)/[\w/]+\.\w+", text)
            if not (root / page).is_file()
        ]
        if name.endswith(".md"):
            links = re.findall(r"\]\((?!\w+://)([^)#\s]+)", text)
            gone += [f"{name}: {link}" for link in links if not ((root / name).parent / link).exists()]
    assert gone == []


def list_anchors(page: str) -> set[str]:
    """Where a link into a page may lead: its headings, as a forge and MyST name them."""
    heads = re.findall(r"^#{1,4} (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def test_every_heading_that_is_linked_to_is_there(root, written):
    gone = []
    for name, text in written.items():
        if name.endswith(".md"):
            for page, anchor in re.findall(r"\]\((?!\w+://)([^)#\s]*)#([^)\s]+)\)", text):
                target = (root / name).parent / page if page else root / name
                if anchor not in list_anchors(target.read_text(encoding="utf-8")):
                    gone.append(f"{name}: {page}#{anchor}")
    assert gone == []


def test_no_page_tells_its_own_history(written):
    told = re.compile(r"the version before|\bused to (?:be|take)\b|before that change|\b(?:is|are) now\b")
    pages = {name: text for name, text in written.items() if name.startswith("docs/") and name.endswith(".md")}
    assert pages
    assert [f"{name}: {found[0]}" for name, text in pages.items() for found in told.finditer(text)] == []


def test_no_line_of_a_page_begins_with_a_percent_sign(written):
    """MyST takes such a line for a comment, and the site goes without it."""
    pages = {name: text for name, text in written.items() if name.startswith("docs/") and name.endswith(".md")}
    assert [f"{name}: {line}" for name, text in pages.items() for line in re.findall(r"^[ \t]*%.*", text, re.M)] == []
