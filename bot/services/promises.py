"""What customers may hear of a request, and who was told."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.acts import TANDEM, Act
from bot.domain.asks import Ask
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.flow import Audience
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice, State, Topic
from bot.domain.people import Person
from bot.domain.promises import (
    Heard,
    Listener,
    Overtaken,
    Promise,
    Ready,
    Saved,
    Sentence,
    Telling,
    Told,
    check_room,
    overtaken,
    paragraph,
)
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.services import access, board, flow
from storage.store import Store

HISTORY = 100  #: lines of a request's log in which a move since the sentence is looked for
SETTLES = timedelta(minutes=5)  #: a release taken back meanwhile is told to nobody


# ---- the sentence -------------------------------------------------------------------------------


def keep(store: Store, act: Act, request: Request, words: str) -> Sentence | None:
    """Keep what customers may hear, for the request's current date; None when they may hear just that already.

    Whoever calls has checked the right to it, and tells those who follow the request.
    """
    words = _fitting(paragraph(words))
    latest = store.promises.latest(request.number)
    old = latest.words if latest else None
    if not words or (latest and old == words and _overtaken(store, request, latest) is None):
        return None
    new = store.promises.say(request.number, words, request.target, act)
    if old != words:
        store.changes.add(request.subject, [Change(field="sentence", old=old, new=words)], act)
    return new


def say(store: Store, act: Act, number: RequestNumber, words: str, shown: int | None = None) -> Saved:
    """Write what customers may hear from now on, and tell those who follow the request.

    `shown`: the version its author had before them. Raises Refused when somebody wrote another one meanwhile.
    """
    access.allowed(store, act, Doing.PROMISE)
    request = board.the(store, number)
    board.check_stands(store, request, "say what customers may hear there")
    _check_nobody_else_wrote(store, request, paragraph(words), shown)
    new = keep(store, act, request, words)
    audience = flow.tell(store, act, request, request) if new else Audience()
    _redraw_ready(store, act, request, [ask.account for ask in store.accounts.asks(number)])
    return Saved(request=request, sentence=new, now=audience.now, daily=audience.daily)


def _check_nobody_else_wrote(store: Store, request: Request, words: str, shown: int | None) -> None:
    latest = store.promises.latest(request.number)
    if latest is None or shown in (None, latest.version) or latest.words == words:
        return
    author = _name(store, latest.by) or "Somebody"
    raise Refused(
        f"{author} wrote a new one while you did: “{latest.words}” Open this again to go on from there.",
        field="sentence",
    )


def _fitting(words: str) -> str:
    try:
        return check_room(words)
    except ValueError as error:
        raise Refused(str(error), field="sentence") from None


def _overtaken(store: Store, request: Request, sentence: Sentence) -> Overtaken | None:
    return overtaken(sentence, request, store.changes.newest(request.subject, HISTORY))


# ---- who hears it -------------------------------------------------------------------------------


def what_may_i_tell(store: Store, act: Act, number: RequestNumber) -> Promise:
    """What customers may hear, whether that still stands, who waits, and who heard what.

    Where another request stands for it, all that of that one.
    """
    who = access.member(store, act)
    asked = board.the(store, number)
    request = board.the(store, asked.survivor) if asked.survivor else asked
    sentence = store.promises.latest(request.number)
    author = _name(store, sentence.by) if sentence else None
    return Promise(
        request=request,
        sentence=sentence,
        author=author,
        written=store.policy.company.day_of(sentence.at) if sentence else None,
        overtaken=_overtaken(store, request, sentence) if sentence else None,
        ask=_name(store, request.owner) or author,
        may_promise=who.may(Doing.PROMISE),
        listeners=tuple(_listeners(store, request, who.person)),
        today=store.policy.company.day_of(act.at),
    )


def tell(
    store: Store, act: Act, number: RequestNumber, accounts: Collection[AccountId], shown: int | None = None
) -> tuple[str, ...]:
    """Note that these customers were told the latest version, or the one `shown`; their names.

    Noting the same again changes nothing. Raises Refused for a customer who doesn't wait for the request.
    """
    access.allowed(store, act, Doing.TELL)
    request = board.the(store, number)
    version = _version(store, number, shown)
    waiting = {ask.account for ask in store.accounts.asks(number)}
    if not waiting >= set(accounts):
        raise Refused(
            f"Not all of these wait for {request.title} any more. Open this again to see who does.", field="told"
        )
    store.promises.tell(number, accounts, version, act)
    _redraw_ready(store, act, request, accounts)
    names = store.accounts.names(accounts)
    return tuple(names[account] for account in dict.fromkeys(accounts))


def save(store: Store, act: Act, number: RequestNumber, telling: Telling, shown: int) -> Saved:
    """What was ticked and written in the form. Those ticked heard what the form showed, not what it says now."""
    told = tell(store, act, number, telling.told, shown) if telling.told else ()
    if not telling.sentence:
        return Saved(request=board.the(store, number), told=told)
    return replace(say(store, act, number, telling.sentence, shown), told=told)


def _version(store: Store, number: RequestNumber, shown: int | None) -> int:
    latest = store.promises.latest(number)
    if latest is None:
        raise Refused("Nobody has written yet what customers may hear, so nothing can be noted.", field="told")
    if shown is None:
        return latest.version
    if not 1 <= shown <= latest.version:
        raise Refused("This is from an older Tandem. Close it and open it again.", field="told")
    return shown


# ---- customers and what they heard --------------------------------------------------------------


def _listeners(store: Store, request: Request, reader: Person) -> Sequence[Listener]:
    """Who waits, the reader's own customers first."""
    asks = store.accounts.asks(request.number)
    names = store.accounts.names(ask.account for ask in asks)
    numbers = flow.family(store, request)
    brought = {ask.account for ask in store.accounts.brought(numbers) if ask.by == reader.id}
    heard = _heard(store, request, store.promises.told(*numbers), reader.id)
    listeners = [
        Listener(
            account=ask.account,
            name=names[ask.account],
            is_mine=ask.account in brought or _looks_after(store, ask, reader),
            heard=heard.get(ask.account),
        )
        for ask in asks
    ]
    return sorted(listeners, key=lambda one: not one.is_mine)


def _looks_after(store: Store, ask: Ask, reader: Person) -> bool:
    return reader.email is not None and _owner_email(store, ask) == reader.email


def _owner_email(store: Store, ask: Ask) -> str | None:
    account = store.accounts.get(ask.account)
    return account.owner_email.casefold() if account and account.owner_email else None


def _heard(store: Store, request: Request, told: Iterable[Told], reader: UserId) -> dict[AccountId, Heard]:
    """The last each customer heard, also of what was joined to it; `told` is oldest first."""
    last = {note.account: note for note in told}
    about = {request.number, *(note.number for note in last.values())}
    words = {(said.number, said.version): said.words for said in store.promises.all(*about)}
    names = store.people.names(note.by for note in last.values())
    latest = store.promises.latest(request.number)
    return {
        account: Heard(
            words=words[note.number, note.version],
            by=names.get(note.by, "somebody"),
            by_me=note.by == reader,
            on=store.policy.company.day_of(note.at),
            is_latest=latest is not None and words[note.number, note.version] == latest.words,
        )
        for account, note in last.items()
    }


def _name(store: Store, user: UserId | None) -> str | None:
    return store.people.names([user]).get(user) if user else None


# ---- ready notes --------------------------------------------------------------------------------


def released(store: Store, act: Act, request: Request) -> None:
    """The request was released: one message for each person who looks after customers who wait for it."""
    for reader in sorted(set(_keepers(store, request).values())):
        first = _ready_notice(request, reader, _release(request), act.at + SETTLES)
        if store.outbox.put(first, act.at):
            _forget_earlier_release(store, request, reader)


def ready(store: Store, notice: Notice) -> Ready:
    """What this reader may send to their customers. Raises NothingToSay when it was taken back, or none wait."""
    request = board.the(store, RequestNumber(notice.payload["number"]))
    reader = UserId(notice.line)
    mine = [account for account, keeper in _keepers(store, request).items() if keeper == reader]
    if request.status is not Status.RELEASED or request.released_at is None or not mine:
        raise NothingToSay
    since = [note for note in store.promises.told(request.number) if note.at >= request.released_at]
    heard = _heard(store, request, since, reader)
    names = store.accounts.names(mine)
    return Ready(
        request=request,
        reader=reader,
        sentence=flow.standing_sentence(store, request),
        waiting={account: names[account] for account in mine},
        told={account: heard[account] for account in mine if account in heard},
    )


def tell_of_release(
    store: Store, act: Act, number: RequestNumber, account: AccountId, shown: int, words: str
) -> tuple[str, bool]:
    """Note that a customer was sent the note of a release: its name, and whether the reader's notes will say so.

    `shown`: the version in the note; 0: nobody had written one, and it said `words`.
    """
    access.allowed(store, act, Doing.TELL)
    request = board.the(store, number)
    if request.status is not Status.RELEASED:
        asked = _name(store, request.owner) or "product"
        raise Refused(f"{request.title} isn't released any more. Ask {asked} what customers may hear now.")
    if not shown and flow.standing_sentence(store, request) is None:
        keep(store, replace(act, by=TANDEM), request, words)
    (name,) = tell(store, act, number, [account], shown or None)
    assert act.by.user is not None
    return name, _has_notes(store, request, act.by.user)


def _keepers(store: Store, request: Request) -> dict[AccountId, UserId]:
    """Who looks after each customer who waits: who brought them, else who owns the account, else who asked."""
    asks = store.accounts.asks(request.number)
    here = {user for user in {request.by, *(ask.by for ask in asks)} if access.served(store, user)}
    found = {ask.account: _keeper(store, request, ask, here) for ask in asks}
    return {account: keeper for account, keeper in found.items() if keeper}


def _keeper(store: Store, request: Request, ask: Ask, here: Collection[UserId | None]) -> UserId | None:
    if ask.by in here:
        return ask.by
    email = _owner_email(store, ask)
    owner = store.people.by_email(email) if email else None
    if owner and access.served(store, owner.id):
        return owner.id
    return request.by if request.by in here else None


def _redraw_ready(store: Store, act: Act, request: Request, accounts: Collection[AccountId]) -> None:
    """Have the notes of a release show what was written and who was told since."""
    keepers = _keepers(store, request) if request.status is Status.RELEASED else {}
    for reader in sorted({keepers[account] for account in accounts if account in keepers}):
        if _has_notes(store, request, reader):
            store.outbox.put(
                _ready_notice(request, reader, act.key, act.at, patient=False),
                act.at,
                merges=f"ready:{request.number}:{reader}",
            )


def _ready_notice(request: Request, reader: UserId, what: str, due_at: datetime, *, patient: bool = True) -> Notice:
    return Notice(
        topic=Topic.READY,
        key=_ready_key(request, reader, what),
        line=reader,
        payload={"number": request.number},
        due_at=due_at,
        patient=patient,
    )


def _has_notes(store: Store, request: Request, reader: UserId) -> bool:
    """Whether there is a message of their own to draw anew, or one on its way at this moment."""
    if store.messages.find(_ready_subject(request, reader), Topic.READY):
        return True
    return store.outbox.state(_ready_key(request, reader, _release(request))) == State.SENDING


def _ready_key(request: Request, reader: UserId, what: str) -> str:
    return f"ready:{request.number}:{reader}:{what}"


def _release(request: Request) -> str:
    """Tells one release of a request from the next."""
    return request.released_at.date().isoformat() if request.released_at else ""


def _ready_subject(request: Request, reader: UserId) -> str:
    return f"{request.subject}:{reader}"


def _forget_earlier_release(store: Store, request: Request, reader: UserId) -> None:
    """Released again: said anew, not drawn into the message of last time."""
    earlier = store.messages.find(_ready_subject(request, reader), Topic.READY)
    if earlier:
        store.messages.forget(earlier.channel, earlier.ts)
