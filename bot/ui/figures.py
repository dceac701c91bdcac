"""Numbers and dates as people read them. The only place that formats one."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from bot.domain.board import MANY, Place
from bot.domain.money import Money
from bot.domain.periods import Period, Weekly
from bot.domain.wsjf import COST_OF_DELAY, UNIT, Factor, Score

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WSJF_MEANS = "WSJF is value, time and risk added up, divided by job size. The highest goes first."


def score(value: Score) -> str:
    """One decimal, halves up: 4056/1560 is "2.6"."""
    shown = tenths(value)
    return f"{shown // 10}.{shown % 10}"


def tenths(value: Score) -> int:
    """A score as it is shown, in tenths: differences of shown scores are what a reader can add up."""
    return (value * 20 + UNIT) // (2 * UNIT)


def rank(place: Place) -> str:
    """Say "#3", or "#=3" when others stand level."""
    return f"#={place.rank}" if place.tied else f"#{place.rank}"


def rank_of(place: Place) -> str:
    """Say "#3 of 12"."""
    return f"{rank(place)} of {count(place.of)}"


def count(number: int) -> str:
    """A count of the board, which is counted up to MANY."""
    return f"{MANY:,}+" if number >= MANY else f"{number:,}"


def companies(number: int) -> str:
    if number == 0:
        return "no customer named yet"
    return "1 company waits" if number == 1 else f"{number:,} companies wait"


def requests(number: int) -> str:
    return "1 request" if number == 1 else f"{count(number)} requests"


def arithmetic(figures: Mapping[Factor, int]) -> str:
    """Say "(8 + 2 + 3) / 13"."""
    parts = " + ".join(str(figures[f]) for f in COST_OF_DELAY)
    return f"({parts}) / {figures[Factor.JOB_SIZE]}"


def day(day: date) -> str:
    """Say "12 December"."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def since(day_: date, today: date) -> str:
    """Say "yesterday", "Friday" or "12 December"."""
    ago = (today - day_).days
    if ago < 7:
        return {0: "this morning", 1: "yesterday"}.get(ago) or DAYS[day_.weekday()]
    return day(day_)


def share(percent: float) -> str:
    """Say "46 %" or "12.5 %"."""
    return f"{round(percent, 1):g} %"


def adoption(percent: float, target: int | None) -> str:
    """Say "used by 46 % of active accounts, target 40 %"."""
    aim = f", target {target} %" if target is not None else ""
    return f"used by {share(percent)} of active accounts{aim}"


_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(number: int) -> str:
    """Say "three"; beyond twelve, digits."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else count(number)


def figure(value: float) -> str:
    """Say "54", "54.3" or "12,500"."""
    if abs(value) >= 10**15 or 0 < abs(value) < 0.05:
        return f"{value:.2g}"
    return f"{value:,.1f}".removesuffix(".0")


def measure(value: float, unit: str) -> str:
    """Say "54 %", "€12,500" or "54 ms"."""
    if unit in _SIGNS.values():
        return f"{unit}{figure(value)}"
    return f"{figure(value)} {unit}".rstrip()


_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_LARGE = ((10**9, 999_950_000, "B", 1), (10**6, 999_500, "M", 1), (10**3, 10_000, "k", 0))


def money(amount: Money) -> str:
    """Say "€1.2M", "€340k", "€9,500" or "PLN 340k"."""
    major = amount.major
    for unit, least, letter, decimals in _LARGE:
        if major >= least:
            return f"{_currency(amount)}{f'{major / unit:,.{decimals}f}'.removesuffix('.0')}{letter}"
    return f"{_currency(amount)}{major:,.0f}"


def exact(amount: Money) -> str:
    """Say "€120,000", "PLN 99.50": as people may type it again."""
    major = amount.major
    digits = f"{major:,.0f}" if major == major.to_integral_value() else f"{major:,f}"
    return f"{_currency(amount)}{digits}"


def _currency(amount: Money) -> str:
    return _SIGNS.get(amount.currency) or f"{amount.currency} "


def days(first: date, last: date) -> str:
    """Say "16 to 23 November", "28 November to 5 December"."""
    if first == last:
        return day(last)
    begin = str(first.day) if (first.year, first.month) == (last.year, last.month) else day(first)
    return f"{begin} to {day(last)}"


def from_to(first: date, last: date) -> str:
    """Say "2 → 12 December", "28 November → 5 December"."""
    return days(first, last).replace(" to ", " → ")


def clock(moment: datetime) -> str:
    """Say "10:00"."""
    return f"{moment:%H:%M}"


def minute(after_midnight: int) -> str:
    """Say "09:30"."""
    return f"{after_midnight // 60:02}:{after_midnight % 60:02}"


def city(zone: tzinfo) -> str:
    """Say "Berlin", "New York" or "UTC"."""
    return str(zone).rpartition("/")[2].replace("_", " ")


def weekly(when: Weekly) -> str:
    """Say "Mondays 09:30 Berlin"."""
    return f"{DAYS[when.day]}s {minute(when.minute)} {city(when.zone)}"


def due(period: Period, zone: tzinfo) -> str:
    """Say "30 November"."""
    return day(period.due_at.astimezone(zone).date())
