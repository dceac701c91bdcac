"""Amounts: whole minor units of one ISO 4217 currency. Never converted, never mixed."""

import re
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.errors import Refused

#: Digits after the point, where ISO 4217 says other than two.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
#: ISO 4217's currencies in use. Other three letters ("ARR 120k") are no currency.
_KNOWN = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VED
    VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
_EXPONENTS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)

SIGNS = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "₴": "UAH",
    "₸": "KZT",
    "₽": "RUB",
}
_THOUSAND, _MILLION, _BILLION = 10**3, 10**6, 10**9
_FACTORS = {"": 1, "k": _THOUSAND, "m": _MILLION, "mn": _MILLION, "b": _BILLION, "bn": _BILLION}
_FACTORS |= {"к": _THOUSAND, "м": _MILLION}  # the Cyrillic twins
_AMOUNT = re.compile(r"([\d.,'’\s]*\d)\s*(k|mn|m|bn|b|к|м)?", re.IGNORECASE)
_LIMIT = 10**15  #: more than any deal, and it still fits a 64-bit column

HOW = "Write an amount like 120k, 1.5m or €120 000."


def exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, kw_only=True)
class Money:
    minor: int
    currency: str

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))


def read_money(text: str, *, default: str, field: str) -> Money:
    """Read what people type: "120k", "€120 000", "1,5m EUR". Raises Refused beside `field`."""
    currency, rest = _take_currency(text.strip(), default)
    found = _AMOUNT.fullmatch(rest)
    if not found:
        raise Refused(HOW, field=field)
    amount = _decimal(found.group(1), exponent(currency))
    if amount is None:
        raise Refused(HOW, field=field)
    minor = (amount * _FACTORS[(found.group(2) or "").lower()]).scaleb(exponent(currency))
    if minor != minor.to_integral_value() or minor > _LIMIT:
        raise Refused(HOW, field=field)
    return Money(minor=int(minor), currency=currency)


def _take_currency(text: str, default: str) -> tuple[str, str]:
    for sign, code in SIGNS.items():
        if sign in text:
            return code, text.replace(sign, "", 1).strip()
    first, last = text[:3].upper(), text[-3:].upper()
    if first in _KNOWN and not text[3:4].isalpha():
        return first, text[3:].strip()
    if last in _KNOWN:
        return last, text[:-3].strip()
    return default, text


def read_number(text: str, *, decimals: int = 2) -> Decimal | None:
    """Read a number as people type it: "54,5", "1 200", "-1.2m". None when it isn't one."""
    below = text[:1] in ("-", "−")
    found = _AMOUNT.fullmatch(text[1:].strip() if below else text)
    number = _decimal(found.group(1), decimals) if found else None
    if found is None or number is None:
        return None
    return (-1 if below else 1) * number * _FACTORS[(found.group(2) or "").lower()]


def _decimal(digits: str, decimals: int) -> Decimal | None:
    """Tell thousands from decimals: the last separator is a point only if not followed by three digits.

    Unless the currency has three of them, like the dinar: then a full stop is one.
    """
    bare = re.sub(r"[\s'’]", "", digits)
    marks = [m for m in bare if m in ".,"]
    if not marks:
        return Decimal(bare)
    whole, _, rest = bare.rpartition(marks[-1])
    alone = len(marks) == 1 and (whole in ("", "0") or (decimals == 3 and marks[0] == "."))
    is_point = len(rest) != 3 or len(set(marks)) == 2 or alone
    if is_point and marks.count(marks[-1]) > 1:
        return None
    whole = re.sub(r"[.,]", "", whole)
    return Decimal(f"{whole or '0'}.{rest}") if is_point else Decimal(whole + rest)
