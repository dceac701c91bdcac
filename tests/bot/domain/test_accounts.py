"""Whom somebody means who types a few words."""

import pytest

from bot.domain.accounts import is_named_by


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("Acme Bank", "acme", True),
        ("Acme Bank", "ACME bank", True),
        ("Acme Bank", "bank", True),
        ("Acme Bank", " acme ", True),
        ("Acme Bank", "cme", False),
        ("Acme Bank", "a", False),
        ("X", "x", True),
        ("3M", "m", False),
        ("Catalogue", "log", False),
        ("Catalogue Log", "log", True),
        ("Big-Log (EU)", "log", True),
        ("Big-Log (EU)", "eu", True),
        ("Укрзалізниця", "УКРЗАЛ", True),
        ("東京電力", "電力", True),
        ("東京電力", "力", True),
        ("Straße AG", "strasse", True),
        ("Ｆｕｌｌ", "full", True),
        ("Café", "CAFE\u0301", True),
        ("Acme", "", False),
        ("Acme", " ", False),
    ],
)
def test_a_customer_is_named_by_what_begins_a_word_of_its_name(name: str, words: str, named: bool) -> None:
    assert is_named_by(name, words) is named
