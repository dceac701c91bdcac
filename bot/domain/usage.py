"""Usage: what the people of a customer did, and to whom it belongs.

Everything here gives the same answer in whatever order events come, early, late or twice: what is known of a person
is kept with the moment and the message it comes from, and the latest word counts (of who an anonymous id is, the
first).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

PersonId = NewType("PersonId", str)  #: as the product calls one of its users, or a browser it doesn't know yet
SourceId = NewType("SourceId", str)  #: which write key an event came with; never the key itself

LATE = timedelta(days=30)  #: how late an event may come; for as long it is known by its id
_EPOCH = date(1970, 1, 1)
_START = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


class Kind(StrEnum):
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    IDENTIFY = "identify"
    GROUP = "group"
    ALIAS = "alias"

    @property
    def is_use(self) -> bool:
        """Whether somebody used the product; the others only say who they are."""
        return self in (Kind.TRACK, Kind.PAGE, Kind.SCREEN)


#: What a person's traits tell that we keep; the rest is not our business.
TRAITS = ("name", "role", "seniority", "department", "use_case")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event, read and put right."""

    source: SourceId
    message: str  #: its id: the same id from the same source is the same event
    kind: Kind
    person: PersonId  #: the user; where there is none, the anonymous id
    also: PersonId | None = None  #: the anonymous id of that user, where the event tells both
    at: datetime  #: when it happened, put right by the sender's clock; never after it was received
    received_at: datetime
    name: str = ""  #: of what was used
    path: str | None = None  #: of the page
    account: str | None = None  #: the account it names itself
    group: str | None = None  #: the account its person belongs to from now on (of a `group` event)
    email: str | None = None
    traits: Mapping[str, str] = field(default_factory=dict)  #: of TRAITS
    company: Mapping[str, str] = field(default_factory=dict)  #: name, domain, employees of the group

    @property
    def day(self) -> int:
        """Days since 1970, in UTC."""
        return day_number(self.at)

    @property
    def stamp(self) -> "Stamp":
        return ((self.at - _START) // _MICROSECOND, self.source, self.message)

    @property
    def tells(self) -> bool:
        """Whether it says anything of its person."""
        return bool(self.group or self.email or self.traits)


Stamp = tuple[int, str, str]  #: when, and which message: no two are equal


def day_number(at: datetime) -> int:
    return (at - _START) // _DAY


def day_of(number: int) -> date:
    return _EPOCH + timedelta(days=number)


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """An event that was not taken, and why, in words for whoever runs Tandem."""

    source: SourceId
    message: str | None
    reason: str
    at: datetime


# ---- what is known of one id --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Word:
    """Something said of a person, and where."""

    said: str
    stamp: Stamp


@dataclass(frozen=True, kw_only=True)
class Known:
    """What events told of one id."""

    link: Word | None = None  #: the user this anonymous id turned out to be: the first that was said
    group: Word | None = None  #: the account they belong to: the last that was said
    email: Word | None = None
    traits: Mapping[str, Word] = field(default_factory=dict)

    def hearing(self, event: Event) -> "Known":
        """With what an event tells of the person it is about."""
        told = {"group": event.group, "email": event.email}
        words = {name: Word(said=said, stamp=event.stamp) for name, said in told.items() if said}
        traits = {name: Word(said=said, stamp=event.stamp) for name, said in event.traits.items()}
        return self.joined(Known(traits=traits, **words))

    def linked(self, user: PersonId, stamp: Stamp) -> "Known":
        return self.joined(Known(link=Word(said=user, stamp=stamp)))

    def joined(self, other: "Known") -> "Known":
        """What both tell. In whatever order they are joined, the same."""
        names = self.traits.keys() | other.traits.keys()
        traits = {name: _last(self.traits.get(name), other.traits.get(name)) for name in names}
        return Known(
            link=_first(self.link, other.link),
            group=_last(self.group, other.group),
            email=_last(self.email, other.email),
            traits={name: word for name, word in traits.items() if word},
        )

    def to_json(self) -> dict[str, Any]:
        plain = {name: _json(getattr(self, name)) for name in ("link", "group", "email") if getattr(self, name)}
        traits = {name: _json(word) for name, word in sorted(self.traits.items())}
        return {**plain, **({"traits": traits} if traits else {})}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Known":
        plain = {name: _word(kept[name]) for name in ("link", "group", "email") if name in kept}
        return cls(traits={name: _word(word) for name, word in kept.get("traits", {}).items()}, **plain)


def together(of: Iterable[Known]) -> Known:
    """What all ids of one person tell; who they are is settled, so links are left out."""
    whole = Known()
    for known in of:
        whole = whole.joined(replace(known, link=None))
    return whole


def _first(one: Word | None, other: Word | None) -> Word | None:
    both = [word for word in (one, other) if word]
    return min(both, key=lambda word: word.stamp, default=None)


def _last(one: Word | None, other: Word | None) -> Word | None:
    both = [word for word in (one, other) if word]
    return max(both, key=lambda word: word.stamp, default=None)


def _json(word: Word) -> list[Any]:
    return [word.said, *word.stamp]


def _word(kept: list[Any]) -> Word:
    said, at, source, message = kept
    return Word(said=said, stamp=(at, source, message))


# ---- where a person belongs ---------------------------------------------------------------------

#: Where mail is free, a domain says nothing of who pays the person.
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com
    me.com mac.com aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de mail.com
    proton.me protonmail.com pm.me yandex.ru yandex.com mail.ru bk.ru list.ru inbox.ru rambler.ru qq.com
    163.com 126.com sina.com foxmail.com naver.com daum.net hanmail.net rediffmail.com zoho.com
    fastmail.com hey.com tutanota.com tuta.io wp.pl o2.pl onet.pl interia.pl seznam.cz email.cz
    centrum.cz libero.it virgilio.it tiscali.it orange.fr wanadoo.fr free.fr sfr.fr laposte.net
    btinternet.com sky.com virginmedia.com ntlworld.com comcast.net verizon.net att.net sbcglobal.net
    bellsouth.net cox.net shaw.ca rogers.com sympatico.ca uol.com.br bol.com.br terra.com.br ig.com.br
    bigpond.com optusnet.com.au ukr.net i.ua abv.bg mynet.com
    """.split()
)


def domain_of(email: str | None) -> str | None:
    """The company's domain in an address; None for free mail and for what is no address."""
    _, at, domain = (email or "").strip().casefold().rpartition("@")
    if not at or "." not in domain.strip(".") or domain in FREE_MAIL:
        return None
    return domain


def is_a_domain(account: str) -> bool:
    """Whether this is how an account is called of which nothing but its mail is known."""
    return domain_of(f"@{account}") == account


def families(known: Mapping[PersonId, Known]) -> dict[PersonId, PersonId]:
    """Whom each of these ids stands for: what its links lead to. Ids that lead in a circle stand for its least."""
    return {one: _end_of(one, known) for one in known}


def _end_of(one: PersonId, known: Mapping[PersonId, Known]) -> PersonId:
    path: list[PersonId] = []
    while one not in path:
        path.append(one)
        link = known[one].link if one in known else None
        if link is None:
            return one
        one = PersonId(link.said)
    return min(path[path.index(one) :])


# ---- what counts as what ------------------------------------------------------------------------


class Signal(StrEnum):
    """What says that somebody thinks of buying."""

    ADMIN = "admin"  #: somebody became an admin, or another took over
    LEGAL = "legal"  #: read terms, privacy or security pages
    PRICING = "pricing"
    CONTACT = "contact"  #: asked for sales

    @property
    def feature(self) -> str:
        """How the rollups call it: no event is called so, since what begins with "~" is cut off there."""
        return f"~{self}"


PRESENCE = ""  #: the feature of an event that uses none, like a page view


@dataclass(frozen=True, kw_only=True)
class Signs:
    """By which events and pages a signal is known. What people set replaces a list."""

    events: Mapping[Signal, frozenset[str]] = field(
        default_factory=lambda: {
            Signal.ADMIN: frozenset({"admin changed", "admin added", "owner changed", "role changed to admin"}),
            Signal.CONTACT: frozenset({"contact sales", "contact sales clicked", "demo requested"}),
        }
    )
    paths: Mapping[Signal, tuple[str, ...]] = field(
        default_factory=lambda: {
            Signal.LEGAL: ("/terms", "/privacy", "/legal", "/security", "/dpa"),
            Signal.PRICING: ("/pricing", "/plans", "/upgrade"),
            Signal.CONTACT: ("/contact-sales", "/contact/sales", "/demo"),
        }
    )
    admins: frozenset[str] = frozenset({"admin", "administrator", "owner"})  #: roles in traits

    def to_json(self) -> dict[str, Any]:
        return {
            "events": {signal: sorted(names) for signal, names in self.events.items()},
            "paths": {signal: list(paths) for signal, paths in self.paths.items()},
            "admins": sorted(self.admins),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "Signs":
        """What was decided; a signal it says nothing of keeps what it comes with, an empty list switches it off."""
        usual, kept = cls(), kept or {}
        events = {Signal(one): frozenset(map(_plain, names)) for one, names in kept.get("events", {}).items()}
        paths = {Signal(one): tuple(map(_plain_path, paths)) for one, paths in kept.get("paths", {}).items()}
        return cls(
            events={**usual.events, **events},
            paths={**usual.paths, **paths},
            admins=frozenset(map(_plain, kept.get("admins", usual.admins))),
        )

    def of(self, event: Event) -> set[Signal]:
        name = event.name.casefold()
        found = {signal for signal, names in self.events.items() if name in names} if name else set()
        if event.path:
            found |= {signal for signal, paths in self.paths.items() if _is_under(event.path, paths)}
        if event.traits and event.traits.get("role", "").casefold() in self.admins:
            found.add(Signal.ADMIN)
        return found


def _plain(name: str) -> str:
    return name.strip().casefold()


def _plain_path(path: str) -> str:
    return "/" + _plain(path).strip("/")


def _is_under(path: str, paths: Iterable[str]) -> bool:
    here = path.casefold().rstrip("/") + "/"
    return any(here.startswith(f"{one}/") for one in paths)


def features_of(event: Event, signs: Signs) -> list[str]:
    """What an event counts for: its own feature if it uses one, and the signals it gives."""
    used = [_feature(event)] if event.kind.is_use else []
    return [*used, *(signal.feature for signal in sorted(signs.of(event)))]


def _feature(event: Event) -> str:
    return event.name.lstrip("~") if event.kind is Kind.TRACK else PRESENCE
