"""The one metric everybody steers by."""

from bot.domain.acts import Act
from bot.domain.changes import Change
from bot.domain.digest import NorthStar, Star
from bot.domain.north_star import StarForm, StarKept, StarWish, unit_of
from bot.domain.outcomes import span_of
from bot.domain.roles import Doing
from bot.services import access
from storage.store import Store

SETTING = "north_star"
SUBJECT = "north-star"  #: in the change log
METRICS = 50  #: to choose from
FIGURES = 12  #: the newest so many are shown


def now(store: Store) -> NorthStar | None:
    """Where it stands; None until somebody has said which metric it is."""
    decided = store.house.decided(SETTING)
    if decided is None:
        return None
    star = Star(**decided)
    kept = sorted(store.metrics.of(star.metric), key=lambda figure: span_of(figure[0])[::-1])
    return NorthStar(star=star, figures=tuple(kept[-FIGURES:]))


# ---- setting it ---------------------------------------------------------------------------------


def open_form(store: Store, act: Act) -> StarForm:
    """What the form shows at first."""
    access.allowed(store, act, Doing.MEASURE)
    return StarForm(
        now=now(store),
        metrics=tuple(store.metrics.names(METRICS)),
        currency=unit_of(store.policy.company.currency),
        week=_week(store, act),
    )


def keep(store: Store, act: Act, written: StarWish) -> StarKept:
    """Which metric it is, and this week's figure where one was written. The same again changes nothing."""
    access.allowed(store, act, Doing.MEASURE)
    before = now(store)
    changes = [*_choose(store, act, before.star if before else None, written.star)]
    changes += _enter(store, act, written)
    store.changes.add(SUBJECT, changes, act)
    after = now(store)
    assert after
    return StarKept(now=after, is_changed=bool(changes))


def _choose(store: Store, act: Act, before: Star | None, star: Star) -> list[Change]:
    if star == before:
        return []
    store.house.decide(SETTING, vars(star), act)
    return [Change(field="star", old=vars(before) if before else None, new=vars(star))]


def _enter(store: Store, act: Act, written: StarWish) -> list[Change]:
    metric, week = written.star.metric, _week(store, act)
    if written.figure is None:
        return []
    before = dict(store.metrics.of(metric)).get(week)
    if not store.metrics.put(metric, week, written.figure, act):
        return []
    return [Change(field="figure", old=before, new=written.figure)]


def _week(store: Store, act: Act) -> str:
    year, week, _ = store.policy.company.day_of(act.at).isocalendar()
    return f"{year}-W{week:02}"
