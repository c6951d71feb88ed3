"""The glossary: short, in order, and without words that it explains nowhere."""

from __future__ import annotations

import re

from dashboard.text.glossary import EVERYDAY, GLOSSARY, SYMBOLS, forms
from dashboard.text.page_titles import page_titles


def test_terms_are_short_and_lead_to_a_page() -> None:
    names = [term.name for term in GLOSSARY]
    assert names == sorted(names, key=str.lower)
    assert len(set(names)) == len(names) >= 60
    for term in GLOSSARY:
        assert len(re.findall(r"[.:](?= [A-Z]|$)", term.means)) <= 3, term.name
        assert len(term.means.split()) <= 45, term.name
        assert term.page in page_titles()


def test_the_words_that_the_pages_coin_are_explained() -> None:
    names = {term.name for term in GLOSSARY}
    coined = {
        "twin",
        "cohort",
        "transfer set",
        "belief",
        "uniform",
        "raw and scaled",
        "MACs",
        "p50 and p95",
        "morph",
    }
    assert coined <= names


def test_every_symbol_has_the_term_that_explains_it() -> None:
    names = {term.name for term in GLOSSARY}
    assert set(SYMBOLS.values()) <= names
    assert names >= EVERYDAY
    for symbol in ("T", "T²", "w", "z", "KL", "NLL", "ECE", "AUC", "MACs", "p50", "p95", "σ", "±"):
        assert symbol in SYMBOLS


def test_no_form_means_two_terms() -> None:
    written = [form.lower() if len(form) > 3 else form for shown in forms().values() for form in shown]
    assert len(written) == len(set(written))
    assert not EVERYDAY & set(written), "words of every day are not marked"
