"""Whether what was released is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.domain import outcomes as rules
from bot.domain.acts import Act
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, Slug, UserId
from bot.domain.imports import MetricRow
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.outcomes import BETWEEN, CHECKS, Adoption, Aim, Aimed, AimForm, Figure, metric_of
from bot.domain.people import Member
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.services import access, board, flow
from storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Due:
    """A check whose day has come."""

    number: RequestNumber
    day: int


# ---- the form -----------------------------------------------------------------------------------


def open_form(store: Store, act: Act, number: RequestNumber) -> AimForm:
    """What the form shows at first."""
    request = _measurable(store, act, number)
    return AimForm(request=request, latest=rules.latest(_kept(store, request)))


def keep(store: Store, act: Act, number: RequestNumber, written: Aim) -> Aimed:
    """What was written in the form: the target, what shows it, and the figure where there is one."""
    request = aim(store, act, number, written.target, written.event)
    if written.percent is not None:
        request = measure(store, act, number, written.percent)
    hearing = _readers(store, request) if written.percent is not None and _due(store, act, request) else []
    told = [reader.person.name for reader in hearing if reader.person.id != act.by.user]
    return Aimed(request=request, percent=written.percent, told=tuple(told))


def aim(store: Store, act: Act, number: RequestNumber, target: int | None, event: str | None) -> Request:
    """Set how much a request should be used, in percent of active accounts, and the usage event that shows it."""
    before = _measurable(store, act, number)
    after = replace(before, adoption_target=target, adoption_event=event)
    if after == before:
        return before
    after = board.save(store, act, before, after)
    _say(store, act, after)
    return after


def measure(store: Store, act: Act, number: RequestNumber, percent: float, period: str | None = None) -> Request:
    """Keep how much a released request is used; `period` is today unless given. The same again changes nothing."""
    request = _measurable(store, act, number)
    if request.status is not Status.RELEASED:
        raise Refused("This request isn't released yet. Enter how much it is used once it is.", field="percent")
    return _keep(store, act, request, period or store.policy.company.day_of(act.at).isoformat(), percent)


def _measurable(store: Store, act: Act, number: RequestNumber) -> Request:
    access.allowed(store, act, Doing.MEASURE)
    request = board.the(store, number)
    if request.status is Status.DECLINED:
        raise Refused("This request was declined, so nobody will use it. If it comes back, set its target then.")
    return request


# ---- figures ------------------------------------------------------------------------------------


def known(store: Store, keys: Sequence[RequestNumber | Slug]) -> Mapping[RequestNumber | Slug, Slug]:
    """Slugs of those of these requests that exist."""
    found = {key: store.requests.by_slug(key) if isinstance(key, str) else store.requests.get(key) for key in keys}
    return {key: request.slug for key, request in found.items() if request}


def import_figures(store: Store, act: Act, rows: Sequence[MetricRow]) -> int:
    """Keep these figures; how many are new or other than before."""
    return sum(_import(store, act, row) for row in rows)


def _import(store: Store, act: Act, row: MetricRow) -> bool:
    key = rules.request_in(row.metric)
    if key is None:
        return store.metrics.put(row.metric, row.period, float(row.value), act)
    request = board.the(store, key)
    return _keep(store, act, request, row.period, float(row.value)).version > request.version


def _keep(store: Store, act: Act, request: Request, period: str, percent: float) -> Request:
    before = rules.latest(_kept(store, request))
    if not store.metrics.put(metric_of(request.slug), period, percent, act):
        return request
    shown = rules.latest(_kept(store, request))
    if shown != before:
        store.changes.add(request.subject, [Change(field="adoption", old=_said(before), new=_said(shown))], act)
    request = board.save(store, act, request, request)
    _say(store, act, request)
    return request


def _kept(store: Store, request: Request) -> Sequence[tuple[str, float]]:
    return store.metrics.of(metric_of(request.slug))


def _said(figure: Figure | None) -> float | int | None:
    """As the change log keeps it: 46, not 46.0."""
    if figure is None:
        return None
    return int(figure.percent) if figure.percent.is_integer() else figure.percent


# ---- the clock ----------------------------------------------------------------------------------


def due(store: Store, act: Act) -> list[Due]:
    """Checks whose day has come and of which nobody was told. A look, so that an idle clock never writes."""
    today = store.policy.company.day_of(act.at)
    since, until = today - timedelta(days=CHECKS[-1] + BETWEEN - 1), today - timedelta(days=CHECKS[0] - 1)
    released = store.requests.with_target(_begin(store, since), _begin(store, until))
    found = [(request, _due(store, act, request)) for request in released]
    return [
        Due(number=request.number, day=day) for request, day in found if day and _is_unsaid(store, request, day)
    ]


def announce(store: Store, act: Act, check: Due) -> None:
    """Ask whoever answers for it how much it is used, or say it to them and to whoever wished for it. Once."""
    request = board.the(store, check.number)
    if _due(store, act, request) == check.day and _is_unsaid(store, request, check.day):
        _say(store, act, request)


def _due(store: Store, act: Act, request: Request) -> int | None:
    if request.released_at is None or request.status is not Status.RELEASED or request.adoption_target is None:
        return None
    return rules.due(store.policy.company.day_of(request.released_at), store.policy.company.day_of(act.at))


def _is_unsaid(store: Store, request: Request, day: int) -> bool:
    readers = _readers(store, request)
    return bool(readers) and all(store.outbox.state(_key(request, day, r)) is None for r in readers)


def _say(store: Store, act: Act, request: Request) -> None:
    """Say the newest check, or draw anew what was said of it."""
    day = _due(store, act, request)
    if day is None:
        return
    for reader in _readers(store, request):
        key = _key(request, day, reader)
        notice = Notice(
            topic=Topic.OUTCOME,
            key=key if store.outbox.state(key) is None else f"{key}:{act.key}",
            line=reader.person.id,
            payload={"number": request.number, "day": day},
            due_at=act.at,
            patient=reader.person.id != act.by.user,
        )
        store.outbox.put(notice, act.at, merges=key)


def _key(request: Request, day: int, reader: Member) -> str:
    return f"outcome:{request.number}:{day}:{reader.person.id}"


def _readers(store: Store, request: Request) -> list[Member]:
    """Who is asked, and who wished for it; each once."""
    readers = (_asked(store, request), *flow.wishers(store, request))
    return list({reader.person.id: reader for reader in readers if reader}.values())


def _asked(store: Store, request: Request) -> Member | None:
    """Whoever answers for it, else whoever released it; of them who may enter a figure."""
    owner = access.served(store, request.owner)
    if owner and owner.may(Doing.MEASURE):
        return owner
    releaser = access.served(store, _releaser(store, request))
    return releaser if releaser and releaser.may(Doing.MEASURE) else None


def _releaser(store: Store, request: Request) -> UserId | None:
    moves = [line for line in store.changes.of(request.subject) if line.field == "status"]
    return moves[-1].by if moves and moves[-1].new == Status.RELEASED else None


# ---- what is said -------------------------------------------------------------------------------


def adoption(store: Store, notice: Notice) -> Adoption:
    """How it is used now. Without a figure only who is asked for it hears of it."""
    request = board.the(store, RequestNumber(notice.payload["number"]))
    if request.released_at is None or request.status is not Status.RELEASED or request.adoption_target is None:
        raise NothingToSay
    asked = _asked(store, request)
    is_asked = asked is not None and asked.person.id == notice.line
    released = store.policy.company.day_of(request.released_at)
    said = rules.adoption(request, released, notice.payload["day"], rules.figures(_kept(store, request)))
    if said.percent is None and not is_asked:
        raise NothingToSay
    return replace(said, is_asked=is_asked, looks=asked.person.name if asked else None)


def _begin(store: Store, day: date) -> datetime:
    return datetime.combine(day, time(), store.policy.company.zone)
