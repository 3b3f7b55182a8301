"""The exhibit of the page on contributing is a section of the appendix in every format."""

import importlib.util
import re

import pytest
from made_results import make_results

from twintrade.render import appendix
from twintrade.render.registration import render
from twintrade.render.style import AppendixOptions
from twintrade.text import Catalogue, use_catalogue


@pytest.mark.usefixtures("plain_pictures")
def test_the_exhibit_of_the_page_is_drawn(root, tmp_path, monkeypatch):
    page = (root / "docs" / "contributing" / "exhibit.md").read_text(encoding="utf-8")
    code, sentences = (re.search(rf"^```{kind}\n(.*?)^```", page, re.M | re.S)[1] for kind in ("python", "text"))
    (tmp_path / "first_agreements.py").write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("first_agreements", tmp_path / "first_agreements.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(appendix, "EXHIBIT_NAMES", (*appendix.EXHIBIT_NAMES, "first_agreements"))
    monkeypatch.setitem(appendix._EXHIBITS, "first_agreements", module.build_exhibit)
    said = Catalogue(transform=lambda source: source + sentences if "document_title =" in source else source)
    with use_catalogue(said):
        rendered = render(make_results(is_hostile=False), AppendixOptions(exhibits=("first_agreements",)))
    for name in ("appendix.html", "appendix.tex"):
        text = rendered.files[name].decode("utf-8")
        assert "The first agreements" in text
        assert "the table shows the first five" in text
    assert {"appendix.pdf", "appendix.docx", "tables/tab-first-agreements.csv"} <= rendered.files.keys()
