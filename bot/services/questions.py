"""Questions about a request, and their answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.domain.acts import Act
from bot.domain.asks import Ask
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.people import Member
from bot.domain.roles import Doing
from bot.domain.talks import (
    Answered,
    Asked,
    AskForm,
    Catch,
    Heard,
    Kind,
    Permission,
    Question,
    said,
)
from bot.domain.text import clean, is_blank
from bot.services import access, board, redraws
from storage.store import Store

HEARD_LIMIT = 10_000
OFFERED = 5  #: questions shown when it is unclear which one a message answers


# ---- asking -------------------------------------------------------------------------------------


def open_ask(store: Store, act: Act, number: RequestNumber, account: AccountId | None = None) -> AskForm:
    """What the form for a question shows at first: who is likely to know."""
    who = access.allowed(store, act, Doing.ASK)
    request = board.the(store, number)
    if account is None:
        return AskForm(request=request, to=_first_asked(store, who, [request.by]))
    behind = _the_ask(store, number, account)
    to = _first_asked(store, who, [behind.by, _keeper(store, account), request.by])
    name = store.accounts.names([account])[account]
    return AskForm(request=request, to=to, account=account, account_name=name)


def ask(
    store: Store,
    act: Act,
    number: RequestNumber,
    *,
    to: UserId,
    words: str,
    kind: Kind = Kind.QUESTION,
    account: AccountId | None = None,
) -> Question:
    """Ask somebody about a request. Asking with the same key again returns the first question."""
    who = access.allowed(store, act, Doing.ASK)
    request = board.the(store, number)
    if known := store.talks.by_key(act.key):
        return known
    if to == who.person.id:
        raise Refused("That's you. Choose whom you want to ask.", field="to")
    colleague(store, to, field="to")
    if account is not None:
        _the_ask(store, number, account)
    new = Question(
        id=0, number=number, kind=kind, words=said(words), by=who.person.id, to=to, at=act.at, account=account
    )
    asked = store.talks.add(new, act.key)
    store.changes.add(request.subject, [_logged("question", asked)], act)
    if request.answered_at is None and who.may(Doing.TRIAGE):
        board.save(store, act, request, replace(request, answered_at=act.at))
    _show(store, act, asked)
    return asked


def colleague(store: Store, user: UserId, *, field: str) -> None:
    """Somebody chosen in a form. Raises Refused beside `field` for whom Tandem doesn't serve."""
    if access.served(store, user) is None:
        raise Refused("Tandem serves full members only. Choose a colleague.", field=field)


# ---- answering ----------------------------------------------------------------------------------


def open_answer(store: Store, act: Act, question: int) -> Asked:
    """The question somebody wants to answer. Raises Refused when it isn't theirs to answer."""
    return open_one(store, _answerable(store, act, question))


def answer(store: Store, act: Act, question: int, words: str, permission: Permission | None = None) -> Question:
    """Answer a question, or say it otherwise; said again in the same words, nobody is told twice."""
    before = _answerable(store, act, question)
    if permission is not None and before.kind is Kind.TALK:
        _permit(store, act, before, permission)
    if (before.answer, before.answered_by) == (words, act.by.user):
        return before
    store.talks.answer(question, words, act)
    store.changes.add(board.the(store, before.number).subject, [_logged("answer", before)], act)
    after = replace(before, answer=words, answered_by=act.by.user, answered_at=act.at)
    redraws.after(store, act, after.number)
    _show(store, act, after)
    if before.by != act.by.user:
        _tell(store, act, after)
    return after


def hear(store: Store, act: Act, channel: ChannelId, ts: MessageTs, thread: MessageTs | None, words: str) -> Heard:
    """A direct message to Tandem: in the thread of a question it answers that one, else the only open one.

    The same message heard again does nothing.
    """
    who = access.member(store, act)
    words = clean(words)[:HEARD_LIMIT]
    if is_blank(words) or not store.house.claim_period("dm", f"{channel}:{ts}", act):
        return Heard(catch=Catch.NOTHING)
    meant = _meant(store, who, channel, thread)
    if len(meant) != 1:
        asked = tuple(open_one(store, question) for question in meant[:OFFERED])
        return Heard(catch=Catch.UNCLEAR if meant else Catch.NOTHING, asked=asked)
    earlier = meant[0].answer if meant[0].answered_by == act.by.user else None
    answered = answer(store, act, meant[0].id, f"{earlier}\n{words}" if earlier else words)
    is_shown = store.messages.find(answered.subject, Topic.QUESTION) is not None
    return Heard(catch=Catch.ANSWERED, asked=(open_one(store, answered),), is_shown=is_shown)


def open_one(store: Store, question: Question) -> Asked:
    """A question as people see it."""
    request = board.the(store, question.number)
    known = store.accounts.names([question.account]) if question.account else {}
    return Asked(
        question=question,
        request=request,
        names=store.people.names([question.by, question.to, question.answered_by]),
        account=known.get(question.account) if question.account else None,
    )


def names(store: Store, users: Iterable[UserId]) -> Mapping[UserId, str]:
    return store.people.names(users)


# ---- what is said -------------------------------------------------------------------------------


def asked(store: Store, notice: Notice) -> Asked:
    """A question answered before it was said is not said any more."""
    question = _the(store, notice.payload["id"])
    if not question.is_open and store.messages.find(question.subject, Topic.QUESTION) is None:
        raise NothingToSay
    return open_one(store, question)


def answered(store: Store, notice: Notice) -> Answered:
    question = _the(store, notice.payload["id"])
    if question.is_open:
        raise NothingToSay
    return Answered(**vars(open_one(store, question)))


# ---- how it is done -----------------------------------------------------------------------------


def _the(store: Store, question: int) -> Question:
    found = store.talks.get(question)
    if found is None:
        raise Refused("This question is gone. Find the request with /board and ask again.")
    return found


def _the_ask(store: Store, number: RequestNumber, account: AccountId) -> Ask:
    found = next((a for a in store.accounts.asks(number) if a.account == account), None)
    if found is None:
        raise Refused("This customer doesn't wait for it any more, so there is nobody to talk to about it.")
    return found


def _answerable(store: Store, act: Act, question: int) -> Question:
    """The question, if this person is the one asked, asked for the request, or answers for it."""
    who = access.member(store, act)
    found = _the(store, question)
    request = board.the(store, found.number)
    if who.person.id not in (found.to, request.by, request.owner):
        name = store.people.names([found.to]).get(found.to, "Somebody else")
        raise Refused(f"{name} was asked. Whoever asked for it or owns it can answer too.")
    return found


def _first_asked(store: Store, who: Member, likely: Iterable[UserId | None]) -> UserId | None:
    others = (user for user in likely if user != who.person.id)
    return next((user for user in others if user and access.served(store, user)), None)


def _keeper(store: Store, account: AccountId) -> UserId | None:
    """Who looks after a customer."""
    known = store.accounts.get(account)
    keeper = store.people.by_email(known.owner_email) if known and known.owner_email else None
    return keeper.id if keeper else None


def _permit(store: Store, act: Act, question: Question, permission: Permission) -> None:
    assert question.account is not None
    before = _the_ask(store, question.number, question.account)
    contact = permission.contact or before.contact
    after = replace(before, may_talk=permission.may_talk, contact=contact)
    if after == before:
        return
    store.accounts.change_ask(after)
    change = Change(field="may_talk", old=before.may_talk, new=after.may_talk)
    store.changes.add(f"request:{question.number}", [change], act)


def _meant(store: Store, who: Member, channel: ChannelId, thread: MessageTs | None) -> Sequence[Question]:
    """The questions a direct message may answer."""
    waiting = store.talks.open_to(who.person.id)
    if thread is None:
        return waiting
    above = store.messages.at(channel, thread)
    if above is None or above.purpose == Topic.ROUND:  # whoever is quick answers before we know where it was said
        return waiting
    if above.purpose != Topic.QUESTION:
        return []
    one = store.talks.get(int(above.subject.removeprefix("question:")))
    return [one] if one else []


def _logged(field: str, question: Question) -> Change:
    """People's words stay with the question; the log says that there is one."""
    return Change(field=field, old=None, new={"id": question.id, "kind": question.kind})


def _show(store: Store, act: Act, question: Question) -> None:
    """Say the question to whom it is asked; answered, its message shows the answer."""
    notice = Notice(
        topic=Topic.QUESTION,
        key=f"{question.subject}:{act.key}",
        line=question.to,
        payload={"id": question.id},
        due_at=act.at,
        patient=question.is_open,
    )
    store.outbox.put(notice, act.at, merges=question.subject)


def _tell(store: Store, act: Act, question: Question) -> None:
    """Tell who asked."""
    notice = Notice(
        topic=Topic.ANSWER,
        key=f"answer:{question.id}:{act.key}",
        line=question.by,
        payload={"id": question.id},
        due_at=act.at,
        patient=True,
    )
    store.outbox.put(notice, act.at, merges=f"answer:{question.id}")
