"""What a run writes in words holds no number that its files do not hold."""

from prose_numbers import NUMBER, prose, strangers

from twintrade.render import page
from twintrade.render.appendix import build_document
from twintrade.render.blocks import Images
from twintrade.study.store.replay import read_results


def test_every_number_in_the_prose_of_a_run_stands_in_its_files(finished, monkeypatch):
    monkeypatch.setattr(page, "encode", lambda *_: Images(b"", b"", b"", 6.5, 4.0))
    results = read_results(finished / "results" / "tiny")
    made = build_document(results)
    assert sum(bool(NUMBER.search(sentence)) for sentence in prose(made)) >= 5
    assert strangers(made, results) == []
