"""Amounts as people write them."""

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.errors import Refused
from bot.domain.money import HOW, Money, exponent, read_money
from tests.builders import GENERATED

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"


def read(text: str, default: str = "USD") -> Money:
    return read_money(text, default=default, field="deal_size")


def money(major: str, currency: str) -> Money:
    return Money(minor=int(Decimal(major).scaleb(exponent(currency))), currency=currency)


@pytest.mark.parametrize(
    ("written", "major", "currency"),
    [
        ("0", "0", "USD"),
        ("7", "7", "USD"),
        ("120000", "120000", "USD"),
        ("  120000 ", "120000", "USD"),
        ("120k", "120000", "USD"),
        ("120K", "120000", "USD"),
        ("120 k", "120000", "USD"),
        ("1.5m", "1500000", "USD"),
        ("1,5m", "1500000", "USD"),
        ("1.5 mn", "1500000", "USD"),
        ("2b", "2000000000", "USD"),
        ("1.25bn", "1250000000", "USD"),
        ("0.5k", "500", "USD"),
        (".5m", "500000", "USD"),
        # thousands and decimals
        ("1,234", "1234", "USD"),
        ("1.234", "1234", "USD"),
        ("12,5", "12.5", "USD"),
        ("12.50", "12.5", "USD"),
        ("1,234,567", "1234567", "USD"),
        ("1.234.567", "1234567", "USD"),
        ("1,234,567.89", "1234567.89", "USD"),
        ("1.234.567,89", "1234567.89", "USD"),
        ("1'234'567.89", "1234567.89", "USD"),
        ("1’234’567", "1234567", "USD"),
        ("0,50", "0.5", "USD"),
        ("0.500", "0.5", "USD"),
        # spaces of every width
        ("120 000", "120000", "USD"),
        (f"120{NBSP}000", "120000", "USD"),
        (f"120{THIN}000", "120000", "USD"),
        (f"1{NARROW}234{NARROW}567,89{NBSP}€", "1234567.89", "EUR"),
        # signs, before and after
        ("€120 000", "120000", "EUR"),
        ("120 000 €", "120000", "EUR"),
        ("120k€", "120000", "EUR"),
        ("€ 1.5m", "1500000", "EUR"),
        ("$99.95", "99.95", "USD"),
        ("£2k", "2000", "GBP"),
        ("₹5,00,000", "500000", "INR"),
        ("120 000 zł", "120000", "PLN"),
        ("₴40k", "40000", "UAH"),
        ("1,5m ₽", "1500000", "RUB"),
        ("₸ 900k", "900000", "KZT"),
        # codes, before and after
        ("EUR 120k", "120000", "EUR"),
        ("eur 120k", "120000", "EUR"),
        ("USD120", "120", "USD"),
        ("1,5m EUR", "1500000", "EUR"),
        ("120kEUR", "120000", "EUR"),
        ("CHF 1'200.50", "1200.5", "CHF"),
        # currencies that know no cents, and those that know more
        ("¥1,000,000", "1000000", "JPY"),
        ("JPY 1.5k", "1500", "JPY"),
        ("KRW 12000", "12000", "KRW"),
        ("KWD 1,234.567", "1234.567", "KWD"),
        ("0.125 BHD", "0.125", "BHD"),
        ("TND 12,5", "12.5", "TND"),
        # the most that is believed
        ("10000bn", "10000000000000", "USD"),
    ],
)
def test_an_amount_is_read_as_it_is_meant(written: str, major: str, currency: str) -> None:
    assert read(written) == money(major, currency)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "-5",
        "€-5",
        "k",
        "€",
        "EUR",
        "many",
        "120k or so",
        "12k5",
        "120kk",
        "1e5",
        "5.",
        "1.2.3",
        "1,234,56",
        "0.001",
        "¥100.5",
        "JPY 0.5",
        "KWD 0.1234",
        "$5€",
        "120k/year",
        "1/2",
        "10001bn",
        "999999999999999999999999",
        "½",
        "²",
        "五",
    ],
)
def test_what_is_no_amount_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(Refused) as refused:
        read(written)
    assert refused.value.text == HOW == "Write an amount like 120k, 1.5m or €120 000."
    assert refused.value.fields == {"deal_size": HOW}


def test_without_a_currency_it_is_the_companys() -> None:
    assert read("120k", default="PLN") == money("120000", "PLN")
    assert read("120", default="JPY") == Money(minor=120, currency="JPY")


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("PLN", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("VND", 0),
        ("ISK", 0),
        ("XAF", 0),
        ("CLP", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("OMR", 3),
        ("JOD", 3),
        ("TND", 3),
        ("IQD", 3),
        ("LYD", 3),
    ],
)
def test_minor_units_are_those_of_iso_4217(code: str, digits: int) -> None:
    assert exponent(code) == digits
    assert read(f"{code} 5").minor == 5 * 10**digits
    assert read(f"{code} 5").major == 5


# Ways to write one amount: thousands and decimals.
NOTATIONS = st.sampled_from([(",", "."), (".", ","), (" ", ","), (" ", "."), (NBSP, ","), ("'", "."), ("", ".")])
CURRENCIES = st.sampled_from(["USD", "EUR", "PLN", "JPY", "KRW", "KWD", "BHD"])


def written(amount: Money, thousands: str, point: str) -> str:
    whole, _, cents = f"{amount.major:,f}".partition(".")
    return whole.replace(",", thousands) + (point + cents if cents else "")


def is_ambiguous(text: str) -> bool:
    """ "1.234" reads as thousands, of a dinar too: see below. So does "1 000,000"."""
    return re.fullmatch(rf"[1-9][\d'{NBSP} ]*[.,]\d{{3}}", text) is not None


@GENERATED
@given(st.integers(0, 10**15), CURRENCIES, NOTATIONS, st.booleans())
def test_an_amount_written_in_any_notation_reads_back(
    minor: int, currency: str, notation: tuple[str, str], code_first: bool
) -> None:
    amount = Money(minor=minor, currency=currency)
    digits = written(amount, *notation)
    assume(exponent(currency) != 3 or not is_ambiguous(digits))
    assert read(f"{currency} {digits}" if code_first else f"{digits} {currency}") == amount
    assert read(digits, default=currency) == amount


@pytest.mark.parametrize("text", ["1.5 MIO", "5 MLN", "max 120k", "ABC 100", "120 TSD"])
def test_a_currency_nobody_has_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read(text)


def test_a_currency_after_the_amount_may_be_written_small() -> None:
    assert read("120k eur") == read("eur 120k")


def test_thousandths_of_a_dinar_are_not_thousands_of_it() -> None:
    assert read("KWD 1.234") == Money(minor=1234, currency="KWD")
