"""Names people see for the values of the domain, and the rubric behind each step."""

from bot.domain.asks import Aim, Importance
from bot.domain.requests import Source, Status
from bot.domain.roles import Role
from bot.domain.wsjf import SCALE, Factor
from bot.ui import parts
from bot.ui.parts import Element

LABELS = {
    Factor.VALUE: "User/Business value",
    Factor.TIME_CRITICALITY: "Time criticality",
    Factor.RISK_REDUCTION: "Risk reduction",
    Factor.JOB_SIZE: "Job size",
}
SHORT = {
    Factor.VALUE: "Value",
    Factor.TIME_CRITICALITY: "Time",
    Factor.RISK_REDUCTION: "Risk & opportunity",
    Factor.JOB_SIZE: "Size",
}
HINTS = {
    Factor.VALUE: "How many customers wait, and how much it means to them.",
    Factor.TIME_CRITICALITY: "What waiting costs. A date that passes, or a value that fades.",
    Factor.RISK_REDUCTION: "What it makes safer, or which door it opens.",
    Factor.JOB_SIZE: "Tech decides. Yours is a first guess.",
}
DECIDERS = {
    Factor.VALUE: "Product",
    Factor.TIME_CRITICALITY: "Product",
    Factor.RISK_REDUCTION: "Product or tech",
    Factor.JOB_SIZE: "Tech",
}
SOURCES = {
    Source.SALES_CUSTOMER: "Sales: customer",
    Source.SALES_MARKET: "Sales: market intelligence",
    Source.SUPPORT: "CS / support",
    Source.MARKET_ANALYSIS: "Market analysis",
}
STATUSES = {
    Status.BACKLOG: "backlog",
    Status.PLANNED: "planned",
    Status.IN_PROGRESS: "in progress",
    Status.TESTING: "in testing",
    Status.RELEASED: "released",
    Status.DECLINED: "declined",
}
ROLES = {
    Role.PRODUCT: "Product",
    Role.SALES: "Sales",
    Role.SUPPORT: "Support",
    Role.TECH: "Tech",
    Role.MARKETING: "Marketing",
    Role.LEADERSHIP: "Leadership",
}
#: How much a customer needs something.
NEEDS = {
    Importance.NICE: "nice to have",
    Importance.BLOCKS: "blocks expansion",
    Importance.MUST: "will churn, or not buy, without it",
}
AIMS = {
    Aim.PROTECT: "Keep what they pay",
    Aim.GROW: "Win what they don't pay yet",
}

_RUBRIC = {
    Factor.VALUE: (
        "one customer, now and then",
        "a few customers, a small help",
        "a few customers, every week",
        "many customers, a daily help",
        "a whole segment waits (about 400 companies)",
        "most customers, or what wins new ones",
        "everybody, or we can't sell without it",
    ),
    Factor.TIME_CRITICALITY: (
        "any time is fine",
        "before quarter end, or we lose one big client",
        "this quarter, or a few deals slip",
        "within two months, or rivals take deals",
        "this month, or renewals are at risk",
        "within weeks: a contract or a law sets the date",
        "now: every day costs customers",
    ),
    Factor.RISK_REDUCTION: (
        "changes nothing else",
        "a small risk less",
        "opens the door to new partners",
        "makes two or three later requests easier",
        "removes a risk that wakes people at night",
        "opens a new market or segment",
        "the company's plans depend on it",
    ),
    Factor.JOB_SIZE: (
        "a day",
        "a few days",
        "a week",
        "two weeks",
        "a month",
        "a quarter",
        "more than a quarter: better cut it first",
    ),
}


def steps(factor: Factor) -> list[Element]:
    """Options of a figure: the number, and what it means."""
    meanings = zip(SCALE, _RUBRIC[factor], strict=True)
    return [parts.option(f"{step} · {meaning}", str(step)) for step, meaning in meanings]
