"""What people wrote is never a formula, and comes back as they wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.exports import as_written, safe
from tests.builders import GENERATED

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", " ", "  ", "\u200b", "\ufeff", "\u00a0"])
def test_what_a_spreadsheet_could_take_for_a_formula_begins_with_an_apostrophe(sign: str, before: str) -> None:
    assert safe(f"{before}{sign}1+1") == f"'{before}{sign}1+1"


@pytest.mark.parametrize("text", ["", "Acme", "a=b", "1 - 2", "'quoted'", "R-14", "60000.00 EUR; 20.00 USD", "😀="])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe(text) == as_written(text) == text


@pytest.mark.parametrize("cell", ["'=1", "''=1", "' -5", "'@sum"])
def test_exactly_one_apostrophe_is_taken_off(cell: str) -> None:
    assert as_written(cell) == cell[1:]


@given(st.text(alphabet=[*SIGNS, "'", " ", "a", "1", "\u200b", ";", '"', "😀"], max_size=8))
@GENERATED
def test_every_text_comes_back(text: str) -> None:
    assert as_written(safe(text)) == text
    assert safe(text).lstrip(" \u200b\ufeff")[:1] not in SIGNS
