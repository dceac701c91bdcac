"""Suggested figures: what is known of who waits, put before the pure rules. Nothing is set by it."""

from dataclasses import replace

from pydantic import TypeAdapter

from bot.domain import suggestions as rules
from bot.domain.acts import Act
from bot.domain.budgets import behind
from bot.domain.requests import Request
from bot.domain.roles import Doing
from bot.domain.suggestions import Hanging, Known, SuggestedTime, SuggestedValue, Suggestions
from bot.domain.wsjf import SCALE
from bot.services import access
from storage.store import Store

LOOKED_AT = 1_000  #: customers
_ENOUGH = {figure: least for least, figure in rules.WAITING}[SCALE[-1]]  #: companies that make the last step
_MARK = "customers counted"
_KNOWN = TypeAdapter(Known)


def suggest(store: Store, act: Act, request: Request) -> Suggestions:
    """What its value and time criticality could be now; amounts only for who may see them."""
    who = access.member(store, act)
    value = _value(store, request)
    if value and not who.may(Doing.SEE_AMOUNTS):
        value = replace(value, hanging=None)
    return Suggestions(value=value, time_criticality=time_criticality(store, act, request))


def time_criticality(store: Store, act: Act, request: Request) -> SuggestedTime | None:
    """By the close dates of who needs it. None for what is closed."""
    if not request.status.is_open:
        return None
    today = store.policy.company.day_of(act.at)
    return rules.time_criticality(store.accounts.closings(request.number, today, LOOKED_AT), today)


def _value(store: Store, request: Request) -> SuggestedValue | None:
    known = _known(store)
    can_rise = known is not None and request.companies < _ENOUGH  # money lifts nothing above the last step
    hanging = _hanging(store, request, known) if known and can_rise else None
    return rules.value(request.companies, known, hanging)


def _hanging(store: Store, request: Request, known: Known) -> Hanging | None:
    """Split only where all that these customers bring would be enough: some wait for thousands of requests."""
    if rules.hanging(*store.accounts.bring(request.number), known) is None:
        return None
    waiting = store.accounts.behind_any([request.number], _ENOUGH)
    money = behind(store.accounts.purses(waiting), request.number)
    return rules.hanging(money.protect, money.grow, known) if money else None


# ---- what is known of all customers -------------------------------------------------------------


def count(store: Store) -> Known:
    """Looks at every customer and every deal: not while somebody waits."""
    return store.accounts.all_known()


def keep(store: Store, act: Act, known: Known) -> None:
    """Remember what was counted."""
    counted = _KNOWN.dump_python(known, mode="json")
    if counted != store.house.mark(_MARK):
        store.house.set_mark(_MARK, counted, act)


def _known(store: Store) -> Known | None:
    """As counted last; None before the first time."""
    counted = store.house.mark(_MARK)
    return _KNOWN.validate_python(counted) if counted else None
