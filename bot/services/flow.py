"""Who follows a request, and what they hear of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from bot.domain import flow as rules
from bot.domain import merging
from bot.domain.acts import Act
from bot.domain.changes import Logged
from bot.domain.flow import Audience, Watching
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.merging import Link
from bot.domain.news import Following, News
from bot.domain.notices import PREFERENCES, Mode, NothingToSay, Notice, Topic
from bot.domain.people import Member
from bot.domain.promises import Sentence, overtaken
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.services import access, board, ranking
from storage.store import Store

MERGE = timedelta(minutes=5)  #: changes are told together, from the first
LINKS = 20  #: joined requests looked through for the one by way of which somebody follows
HISTORY = 100  #: lines of the log in which a move since a sentence is looked for


# ---- following ----------------------------------------------------------------------------------


def followers(store: Store, request: Request) -> dict[UserId, Following]:
    """Who hears of it, and why: those who asked, also for one more customer; who told a customer; who watches."""
    links = joined(store, request)
    numbers = [request.number, *(link.number for link in links)]
    found = _following(store, numbers, [request.by, *(link.by for link in links)])
    return {user: following for user, following in found.items() if user and access.served(store, user)}


def _following(
    store: Store, numbers: Sequence[RequestNumber], wishers: Iterable[UserId | None]
) -> dict[UserId | None, Following]:
    """Who has to do with these requests themselves."""
    return {
        **dict.fromkeys(store.promises.watchers(*numbers), Following.WATCHES),
        **{note.by: Following.TOLD for note in store.promises.told(*numbers)},
        **{ask.by: Following.ASKED for ask in store.accounts.brought(numbers)},
        **dict.fromkeys(wishers, Following.ASKED),
    }


def _by_way_of(store: Store, request: Request, reader: UserId) -> RequestNumber | None:
    """The request joined to it that the reader has to do with, where they have nothing to do with it itself."""
    links = joined(store, request)[:LINKS]
    if not links or reader in _following(store, [request.number], [request.by]):
        return None
    return next((one.number for one in links if reader in _following(store, [one.number], [one.by])), None)


def joined(store: Store, request: Request) -> list[Link]:
    """What was joined to it: whoever follows that follows this by the link, and no longer than it lasts."""
    return merging.beneath(request.number, store.requests.links(request.survivor or request.number))


def family(store: Store, request: Request) -> list[RequestNumber]:
    """Its number, and those of what was joined to it."""
    return [request.number, *(link.number for link in joined(store, request))]


def wishers(store: Store, request: Request) -> list[Member]:
    """Who asked for it, also by way of what was joined to it; each once."""
    users = dict.fromkeys([request.by, *(link.by for link in joined(store, request))])
    return [who for user in users if (who := access.served(store, user))]


def watch(store: Store, act: Act, number: RequestNumber, on: bool) -> Watching:
    """Hear of a request from now on, or no more."""
    who = access.allowed(store, act, Doing.WATCH)
    request = board.the(store, number)
    user = who.person.id
    if on:
        store.promises.watch(number, user, act)
    else:
        store.promises.unwatch(family(store, request), user)
    anyway = followers(store, request).get(user, Following.WATCHES) is not Following.WATCHES
    return Watching(request=request, on=on, anyway=anyway, mode=_mode(store, user, Topic.WATCH))


def _mode(store: Store, user: UserId, topic: Topic) -> Mode:
    return store.people.prefers(user, topic) or PREFERENCES[topic]


# ---- telling ------------------------------------------------------------------------------------


def tell(store: Store, act: Act, before: Request, after: Request, why: str | None = None) -> Audience:
    """Tell those who follow a request what this act changed; who it is, by name. Whoever did it hears nothing.

    What they hear is composed when it is said: what the changes since this one come to.
    """
    first = store.changes.of_act(act.trace, after.subject)
    if first is None or not (rules.is_news(before, after) or _spoke(store, after, first)):
        return Audience()
    fact = {"number": after.number, "first": first, "why": why}
    _tell_thread(store, act, fact)
    if rules.stays_in_the_thread(before, after):
        return Audience()
    modes: dict[UserId, Mode] = {}
    for user, following in followers(store, after).items():
        if user != act.by.user:
            modes[user] = _tell_person(store, act, user, following, fact)
    names = store.people.names(modes)
    return Audience(
        now=tuple(sorted(names[user] for user, mode in modes.items() if mode is Mode.NOW)),
        daily=tuple(sorted(names[user] for user, mode in modes.items() if mode is Mode.DAILY)),
    )


def _spoke(store: Store, request: Request, first: int) -> bool:
    return any(line.field == "sentence" for line in store.changes.since(request.subject, first))


def _tell_thread(store: Store, act: Act, fact: Mapping[str, object]) -> None:
    channel, number, first = store.policy.channels.board, fact["number"], fact["first"]
    if channel is None:
        return
    notice = Notice(
        topic=Topic.THREAD,
        key=f"thread:{number}:{first}",
        line=channel,
        payload={**fact, "following": Following.THREAD},
        due_at=act.at + MERGE,
    )
    store.outbox.put(notice, act.at, merges=f"thread:{number}")


def _tell_person(store: Store, act: Act, user: UserId, following: Following, fact: Mapping[str, object]) -> Mode:
    """How they prefer to hear of it."""
    number, first = fact["number"], fact["first"]
    topic = Topic.WATCH if following is Following.WATCHES else Topic.NEWS
    mode = _mode(store, user, topic)
    notice = Notice(
        topic=topic,
        key=f"news:{number}:{user}:{first}",
        line=user,
        payload={**fact, "following": following},
        due_at=act.at + MERGE,
        patient=True,
    )
    if mode is not Mode.NEVER:
        store.outbox.put(notice, act.at, merges=f"news:{number}:{user}")
    return mode


# ---- what is said -------------------------------------------------------------------------------


def news(store: Store, notice: Notice) -> News:
    """What changed since the notice's first line. Raises NothingToSay when that comes to nothing."""
    request = board.the(store, RequestNumber(notice.payload["number"]))
    following = Following(notice.payload["following"])
    if following is not Following.THREAD and not access.served(store, UserId(notice.line)):
        raise NothingToSay
    if following is Following.WANTS:
        return _it_can_start(store, request)
    lines = store.changes.since(request.subject, notice.payload["first"])
    sentence = standing_sentence(store, request)
    changes = rules.news_of(lines)
    if not rules.is_worth_saying(changes, lines, stands=sentence is not None):
        raise NothingToSay
    if "status" in changes and _hears_by_a_ready_note(store, request, UserId(notice.line)):
        raise NothingToSay
    return _composed(store, notice, request, following, lines, sentence)


def standing_sentence(store: Store, request: Request) -> Sentence | None:
    """What customers may hear, unless the request has moved on since."""
    latest = store.promises.latest(request.number)
    if latest is None or overtaken(latest, request, store.changes.newest(request.subject, HISTORY)):
        return None
    return latest


def _composed(
    store: Store,
    notice: Notice,
    request: Request,
    following: Following,
    lines: Sequence[Logged],
    sentence: Sentence | None,
) -> News:
    told = [line for line in lines if line.field in rules.NEWS]
    by = told[-1].by
    names = store.people.names([by, request.owner, request.by])
    reader = None if following is Following.THREAD else UserId(notice.line)
    why = next((line.why for line in reversed(told) if line.why), notice.payload.get("why"))
    asked = request.owner or by
    return News(
        request=request,
        following=following,
        changes=rules.news_of(lines),
        by=names.get(by) if by else None,
        why=request.reason if request.status is Status.DECLINED else why,
        sentence=sentence,
        heard=_heard(store, request, reader, sentence) if reader else {},
        names=names,
        customers=_customers(store, request, reader) if reader else (),
        ask=names.get(asked) if asked and asked != reader else None,
        card=_card(store, request),
        by_way_of=_by_way_of(store, request, reader) if reader else None,
    )


def _hears_by_a_ready_note(store: Store, request: Request, reader: UserId) -> bool:
    """At release those with customers who wait get notes for them, which say it all."""
    if request.status is not Status.RELEASED or _mode(store, reader, Topic.READY) is Mode.NEVER:
        return False
    return any(ask.by == reader for ask in store.accounts.asks(request.number))


def _heard(store: Store, request: Request, reader: UserId, now: Sentence | None) -> dict[str, str]:
    """What the reader told customers last, where it isn't what they may hear now."""
    numbers = family(store, request)
    words = {(said.number, said.version): said.words for said in store.promises.all(*numbers)}
    told: dict[AccountId, str] = {
        note.account: words[note.number, note.version]
        for note in store.promises.told(*numbers)
        if note.by == reader
    }
    names = store.accounts.names(told)
    return {names[account]: said for account, said in told.items() if now is None or said != now.words}


def _customers(store: Store, request: Request, reader: UserId) -> tuple[str, ...]:
    brought = store.accounts.brought(family(store, request))
    mine = dict.fromkeys(ask.account for ask in brought if ask.by == reader)
    names = store.accounts.names(mine)
    return tuple(names[account] for account in mine)


def _card(store: Store, request: Request) -> str | None:
    posted = store.messages.find(request.subject, Topic.CARD)
    return posted.permalink if posted else None


def _it_can_start(store: Store, request: Request) -> News:
    """Raises NothingToSay when it has started meanwhile, was closed, or lost its estimate again."""
    if request.score is None or request.status not in (Status.BACKLOG, Status.PLANNED):
        raise NothingToSay
    return News(
        request=request,
        following=Following.WANTS,
        changes={},
        by=None,
        why=None,
        sentence=None,
        heard={},
        names={},
        card=_card(store, request),
        standing=ranking.standing(store, request),
    )
