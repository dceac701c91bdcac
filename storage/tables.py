"""The tables, alike on SQLite and Postgres. Their meaning is in docs/decisions/0003-tables.md."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as whole microseconds since 1970: one exact, sortable form on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a stored moment needs a zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


#: SQLite numbers rows by itself only for INTEGER PRIMARY KEY.
Serial = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
#: Text ordered by code point on both, so that "begins with" is a range of the index.
Folded = String().with_variant(String(collation="C"), "postgresql")


def _moment(name: str, **options: Any) -> Column[datetime]:
    return Column(name, Moment, **options)


# ---- the workspace and what it decided ----------------------------------------------------------

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="only_one"), primary_key=True),
    Column("team", String, nullable=False),
    Column("name", String, nullable=False),
    Column("url", String, nullable=False),
    Column("bot_user", String, nullable=False),
    _moment("since", nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("value", Json, nullable=False),
    Column("by", String),
    _moment("at", nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("user", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("mode", String, nullable=False),
    _moment("at", nullable=False),
)

# ---- people: our copy of the directory ----------------------------------------------------------

person = Table(
    "person",
    metadata,
    Column("id", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("name", String, nullable=False),
    Column("email", String),
    Column("timezone", String),
    Column("is_guest", Boolean, nullable=False),
    Column("is_bot", Boolean, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    Column("is_admin", Boolean, nullable=False, server_default=text("false")),
    _moment("refreshed_at", nullable=False),
    Index("ix_person_email", "email"),
)

# Channels we speak in, as Slack knows them.
channel = Table(
    "channel",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("is_shared", Boolean, nullable=False),  # with other companies
    _moment("refreshed_at", nullable=False),
)

user_group = Table(
    "user_group",
    metadata,
    Column("id", String, primary_key=True),
    Column("handle", String, nullable=False),
    _moment("refreshed_at", nullable=False),
)

group_member = Table(
    "group_member",
    metadata,
    Column("group", String, ForeignKey("user_group.id", ondelete="CASCADE"), primary_key=True),
    Column("user", String, primary_key=True),
    Index("ix_group_member_user", "user"),
)

# As text, and said so in queries too: SQLite uses a partial index only for a condition it finds there again.
IN_WORK = text("status IN ('planned', 'in_progress', 'testing')")
IS_OPEN = text("state = 'open'")
IS_A_MOVE = text("field IN ('status', 'target', 'adoption') AND via <> 'import'")

# ---- accounts, requests, asks -------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("folded", Folded, nullable=False),  # for finding and for telling names apart
    Column("domain", String),
    Column("owner_email", String),
    Column("employees", Integer),
    Column("arr_minor", BigInteger),
    Column("currency", String(3)),
    Column("stage", String),
    _moment("at", nullable=False),
    CheckConstraint("(arr_minor IS NULL) OR (currency IS NOT NULL)", name="amount_has_currency"),
    Index("ix_account_folded", "folded"),
    Index("ix_account_domain", "domain"),
)

request = Table(
    "request",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True),
    Column("slug", String, nullable=False, unique=True),
    Column("key", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("problem", Text, nullable=False),
    Column("source", String, nullable=False),
    Column("status", String, nullable=False),
    Column("by", String),
    _moment("at", nullable=False),
    _moment("changed_at", nullable=False),
    Column("companies", Integer, nullable=False),
    Column("score", Integer),  # exact, in 1/1560
    # The score while the request is open, else NULL: what the board is ordered by.
    Column("rank_score", Integer),
    Column("version", Integer, nullable=False),
    Column("origin_channel", String),
    Column("origin_ts", String),
    Column("origin_permalink", String),
    Column("sent", Json),  # the form as sent last: sent again, only what differs from it is changed
    Column("owner", String),
    Column("direction", String),
    Column("tracker", String),
    Column("target", Date),
    Column("reason", Text),
    Column("same_as", Serial),  # the number of the request it was joined to
    Column("survivor", Serial),  # the one at the end of these links; NULL: it stands for itself
    Column("wanted_by", String),
    _moment("answered_at"),
    _moment("released_at"),
    Column("adoption_target", Integer),
    Column("adoption_event", String),
    Index("ix_request_origin", "origin_channel", "origin_ts"),
    Index("ix_request_by", "by", "number"),
    Index("ix_request_owner", "owner", "number"),
    sqlite_autoincrement=True,  # a number is never given twice
)
Index(
    "ix_request_board",
    request.c.rank_score.desc(),
    request.c.companies.desc(),
    request.c.at,
    request.c.number,
)
Index(
    "ix_request_unranked",
    request.c.status,
    request.c.number,
    sqlite_where=request.c.rank_score.is_(None),
    postgresql_where=request.c.rank_score.is_(None),
)
Index(
    "ix_request_new",
    request.c.number,
    sqlite_where=request.c.answered_at.is_(None) & (request.c.status == "backlog"),
    postgresql_where=request.c.answered_at.is_(None) & (request.c.status == "backlog"),
)
Index(
    "ix_request_released",
    request.c.released_at,
    sqlite_where=request.c.released_at.is_not(None),
    postgresql_where=request.c.released_at.is_not(None),
)
Index(
    "ix_request_work",
    request.c.number,
    sqlite_where=IN_WORK,
    postgresql_where=IN_WORK,
)
Index(
    "ix_request_wanted",
    request.c.number,
    sqlite_where=request.c.wanted_by.is_not(None),
    postgresql_where=request.c.wanted_by.is_not(None),
)

Index(
    "ix_request_survivor",
    request.c.survivor,
    sqlite_where=request.c.survivor.is_not(None),
    postgresql_where=request.c.survivor.is_not(None),
)

request_word = Table(
    "request_word",
    metadata,
    Column("word", Folded, primary_key=True),
    Column("number", Serial, ForeignKey("request.number"), primary_key=True),
    Column("in_title", Boolean, nullable=False),
    Index("ix_request_word_number", "number"),
)

estimate = Table(
    "estimate",
    metadata,
    Column("number", Serial, ForeignKey("request.number"), primary_key=True),
    Column("factor", String, primary_key=True),
    Column("proposed", Integer),
    Column("proposed_by", String),
    Column("confirmed", Integer),
    Column("confirmed_by", String),
)

# An ask stays with the request it was brought for (`number`); where requests are the same, it counts behind the one
# that took it in (`behind`).
ask = Table(
    "ask",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("number", Serial, ForeignKey("request.number"), nullable=False),
    Column("behind", Serial, ForeignKey("request.number"), nullable=False),
    Column("account", String, ForeignKey("account.id"), nullable=False),
    Column("by", String),
    _moment("at", nullable=False),
    Column("importance", Integer),
    Column("aim", String),
    Column("permalink", String),
    Column("contact", String),  # whom to talk to there
    Column("may_talk", Boolean),  # whether product may; NULL while nobody was asked
    UniqueConstraint("number", "account"),
    CheckConstraint("importance BETWEEN 1 AND 3", name="importance"),
    Index("ix_ask_account", "account", "behind"),
    Index("ix_ask_behind", "behind", "id"),
)

deal = Table(
    "deal",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("account", String, ForeignKey("account.id"), nullable=False),
    Column("minor", BigInteger),
    Column("currency", String(3)),
    Column("closes", Date),
    Column("state", String, nullable=False),
    Column("by", String),
    _moment("at", nullable=False),
    Column("asked_for", Date),
    _moment("ended_at"),
    Column("ended_by", String),
    Column("because", Serial),  # the number of a request
    Column("external", String),  # what the CRM calls it
    Column("stage", String),  # as the CRM says it
    Column("opened", Date),
    CheckConstraint("(minor IS NULL) = (currency IS NULL)", name="amount_has_currency"),
    Index("ix_deal_account", "account", "id"),
    Index("ix_deal_because", "because"),
    Index("ix_deal_external", "external", unique=True),
)
Index(
    "ix_deal_closes",
    deal.c.closes,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)

# ---- talking about a request --------------------------------------------------------------------

question = Table(
    "question",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("number", Serial, ForeignKey("request.number"), nullable=False),
    Column("kind", String, nullable=False),
    Column("account", String, ForeignKey("account.id")),
    Column("words", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("to", String, nullable=False),
    _moment("at", nullable=False),
    Column("answer", Text),
    Column("answered_by", String),
    _moment("answered_at"),
    Index("ix_question_number", "number", "id"),
)
Index(
    "ix_question_open",
    question.c.to,
    question.c.id,
    sqlite_where=question.c.answered_at.is_(None),
    postgresql_where=question.c.answered_at.is_(None),
)

watcher = Table(
    "watcher",
    metadata,
    Column("number", Serial, ForeignKey("request.number"), primary_key=True),
    Column("user", String, primary_key=True),
    _moment("at", nullable=False),
    Index("ix_watcher_user", "user"),
)

# What customers may hear of a request; earlier versions are kept, because somebody was told them.
sentence = Table(
    "sentence",
    metadata,
    Column("number", Serial, ForeignKey("request.number"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("words", Text, nullable=False),
    Column("by", String),
    _moment("at", nullable=False),
    Column("target", Date),  # the date it was written for
)

told = Table(
    "told",
    metadata,
    Column("number", Serial, ForeignKey("request.number"), primary_key=True),
    Column("account", String, ForeignKey("account.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("by", String, nullable=False),
    _moment("at", nullable=False),
)

# ---- measures -----------------------------------------------------------------------------------

metric = Table(
    "metric",
    metadata,
    Column("metric", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("value", Float, nullable=False),
    Column("by", String),
    _moment("at", nullable=False),
)

# ---- the weekly coordination --------------------------------------------------------------------

blocker = Table(
    "blocker",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("number", Serial, ForeignKey("request.number"), nullable=False),
    Column("words", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("by", String, nullable=False),
    _moment("at", nullable=False),
    Column("nudges", Integer, nullable=False),
    _moment("nudged_at"),
    Column("answer", Text),
    _moment("answered_at"),
    _moment("resolved_at"),
    Column("resolved_by", String),
    Column("note", Text),
    Index("ix_blocker_number", "number", "id"),
)
Index(
    "ix_blocker_open",
    blocker.c.id,
    sqlite_where=blocker.c.resolved_at.is_(None),
    postgresql_where=blocker.c.resolved_at.is_(None),
)

# A channel's own weekly digest; the coordination channel's is a setting.
subscription = Table(
    "subscription",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("channel", String, nullable=False),
    Column("direction", String),
    Column("owner", String),
    Column("source", String),
    Column("day", Integer, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("zone", String, nullable=False),
    Column("by", String, nullable=False),
    _moment("at", nullable=False),
    _moment("ended_at"),
    Column("ended_by", String),
)

digest = Table(
    "digest",
    metadata,
    Column("subscription", String, primary_key=True),  # "company", or "s12"
    Column("period", String, primary_key=True),  # 2026-W48
    Column("channel", String, nullable=False),
    Column("state", String, nullable=False),
    _moment("since", nullable=False),
    _moment("until"),  # NULL while it is coming
    Column("by", String),
    Column("sentence", Text),
    Column("sentence_by", String),
    Column("top", Json, nullable=False),
    Column("told", Json, nullable=False),
    Column("filed", Integer, nullable=False),
    Column("shipped", Integer, nullable=False),
    _moment("at", nullable=False),
)

review = Table(
    "review",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("channel", String, nullable=False),
    Column("items", Json, nullable=False),  # numbers of requests, in the order they are looked at
    Column("position", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("by", String, nullable=False),
    _moment("at", nullable=False),
    _moment("ended_at"),
    Column("ended_by", String),
)
Index(
    "ix_review_open",
    review.c.channel,
    sqlite_where=review.c.ended_at.is_(None),
    postgresql_where=review.c.ended_at.is_(None),
)

# ---- usage: what people of customers did, by day ------------------------------------------------

# What was taken in already, for as long as late events are.
usage_message = Table(
    "usage_message",
    metadata,
    Column("source", String, primary_key=True),  # which write key, never the key itself
    Column("message", String, primary_key=True),
    Column("received", Integer, nullable=False),  # the day, as days since 1970
    Index("ix_usage_message_received", "received"),
)

# One row for what one id did with one feature on one day. `person`, `day`, `feature` and `given` come from the
# events themselves; `who` and `account` follow from what is known of the person now, and are brought up to date
# when that changes: so nothing is ever split or merged.
usage_day = Table(
    "usage_day",
    metadata,
    Column("person", String, primary_key=True),
    Column("day", Integer, primary_key=True),  # days since 1970, UTC
    Column("feature", String, primary_key=True),  # "" for mere presence, "~pricing" for a signal
    Column("given", String, primary_key=True),  # the account the events named themselves, else ""
    Column("who", String, nullable=False),  # the user an anonymous id turned out to be
    Column("account", String, nullable=False),  # "" while nobody knows
    Column("events", Integer, nullable=False),
    Index("ix_usage_day_account", "account", "day"),
    Index("ix_usage_day_who", "who", "given"),
    Index("ix_usage_day_day", "day", "account"),
)

# What is known of an id, each with the moment and message it comes from: what comes late or twice ends the same.
usage_person = Table(
    "usage_person",
    metadata,
    Column("id", String, primary_key=True),
    Column("who", String, nullable=False),
    Column("account", String, nullable=False),  # where events that name no account belong
    Column("known", Json, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Index("ix_usage_person_who", "who"),
    Index("ix_usage_person_account", "account"),
)

# An account that turned out to be another.
account_alias = Table(
    "account_alias",
    metadata,
    Column("account", String, primary_key=True),
    Column("same_as", String, nullable=False),
    Index("ix_account_alias_same_as", "same_as"),
)

usage_reject = Table(
    "usage_reject",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("message", String),
    Column("reason", String, nullable=False),
    _moment("at", nullable=False),
    Index("ix_usage_reject_at", "at"),
)

# Accounts to be looked at again; `seq` grows, so that what changes while one looks is not lost.
usage_dirty = Table(
    "usage_dirty",
    metadata,
    Column("account", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Index("ix_usage_dirty_seq", "seq"),
)

# ---- the strategy level -------------------------------------------------------------------------

escalation = Table(
    "escalation",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("number", Serial, ForeignKey("request.number"), nullable=False),
    Column("by", String, nullable=False),
    _moment("at", nullable=False),
    Column("side", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("other", String),
    Column("other_words", Text),
    Column("other_by", String),
    _moment("other_at"),
    Column("verdict", String),
    Column("decided_by", String),
    _moment("decided_at"),
    Column("why", Text),
    Column("displaced", Serial),  # the number of a request
    Column("price", Json),
    Column("version", Integer, nullable=False),
    Index("ix_escalation_number", "number", "id"),
)

# ---- what happened, what was said ---------------------------------------------------------------

change = Table(
    "change",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("subject", String, nullable=False),
    Column("field", String, nullable=False),
    Column("old", Json),
    Column("new", Json),
    Column("by", String),
    _moment("at", nullable=False),
    Column("why", Text),
    Column("via", String, nullable=False),
    Column("trace", String, nullable=False),
    Index("ix_change_subject", "subject", "id"),
    Index("ix_change_at", "at"),
)
Index("ix_change_moves", change.c.at, sqlite_where=IS_A_MOVE, postgresql_where=IS_A_MOVE)

# Every change of what the board is ordered by: from it, how a request came to its place adds up exactly.
score_change = Table(
    "score_change",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("number", Serial, nullable=False),
    Column("old", Integer),  # NULL: it had no place
    Column("new", Integer),
    _moment("at", nullable=False),
    Column("trace", String, nullable=False),  # of the act, as in the change log
    Index("ix_score_change_at", "at", "id"),
    Index("ix_score_change_number", "number", "id"),
)

message = Table(
    "message",
    metadata,
    Column("channel", String, primary_key=True),
    Column("ts", String, primary_key=True),
    Column("subject", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("permalink", String),
    Column("drawn_from", Integer, nullable=False),  # the subject's version
    _moment("at", nullable=False),
    Index("ix_message_subject", "subject", "purpose"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("topic", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("line", String, nullable=False),
    Column("queue", String),  # the line while it is still to be said, else NULL: keeps the index small
    Column("merges", String),  # what it will be drawn from, until a worker takes it; else NULL
    Column("payload", Json, nullable=False),
    _moment("due_at", nullable=False),
    Column("after", String),
    Column("patient", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    _moment("first_attempt_at"),
    _moment("attempt_at"),
    _moment("not_before"),
    _moment("lease_until"),
    Column("worker", String),
    Column("look", Boolean, nullable=False),
    Column("plain", Boolean, nullable=False),
    Column("channel", String),
    Column("ts", String),
    Column("error", String),
    _moment("at", nullable=False),
    Index("ix_notice_queue", "queue", "due_at", "id"),
    Index("ix_notice_merges", "merges"),
    Index("ix_notice_after", "after"),
)
Index(
    "ix_notice_folded",
    notice.c.line,
    notice.c.id,
    sqlite_where=notice.c.state == "folded",
    postgresql_where=notice.c.state == "folded",
)
line = Table(
    "line",
    metadata,
    Column("line", String, primary_key=True),
    _moment("blocked_until", nullable=False),
)

# Where a job left off: what it saw last.
mark = Table(
    "mark",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Json, nullable=False),
    _moment("at", nullable=False),
)

job_run = Table(
    "job_run",
    metadata,
    Column("job", String, primary_key=True),
    Column("period", String, primary_key=True),
    _moment("at", nullable=False),
)
