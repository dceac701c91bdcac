"""Roles people hold, and what each may do. docs/roles.md shows the same as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from bot.domain.wsjf import Factor


class Role(StrEnum):
    PRODUCT = "product"
    SALES = "sales"
    SUPPORT = "support"
    TECH = "tech"
    MARKETING = "marketing"
    LEADERSHIP = "leadership"


class Doing(StrEnum):
    """What somebody does, as far as not everybody may."""

    # Every full member may do these, whatever their role.
    FILE = "file"
    JOIN = "join"
    SUGGEST = "suggest"  #: figures that wait for whoever owns them
    ASK = "ask"
    WATCH = "watch"
    BLOCK = "block"  #: say what is in the way of a request, and that it no longer is
    ESCALATE = "escalate"  #: take a request to the strategy level
    TELL = "tell"  #: note that a customer was told
    # These belong to roles.
    CONFIRM_VALUE = "confirm_value"
    CONFIRM_TIME_CRITICALITY = "confirm_time_criticality"
    CONFIRM_RISK_REDUCTION = "confirm_risk_reduction"
    CONFIRM_JOB_SIZE = "confirm_job_size"
    TRIAGE = "triage"  #: an owner, a direction, a tracker's address, "it's the same as R-3"
    MOVE = "move"
    DECLINE = "decline"
    PROMISE = "promise"  #: say what customers may hear
    MEASURE = "measure"  #: set the north star, adoption targets, and their figures
    COORDINATE = "coordinate"  #: run the weekly digest and the review, set up a channel's digest
    SEE_AMOUNTS = "see_amounts"  #: what customers pay, and the size of their deals
    DECIDE = "decide"  #: what was taken to the strategy level
    # This belongs to admins.
    SET_UP = "set_up"


CONFIRMS: Mapping[Factor, Doing] = MappingProxyType({f: Doing(f"confirm_{f}") for f in Factor})

_PRODUCT = frozenset({Role.PRODUCT})
_LEADS = frozenset({Role.PRODUCT, Role.LEADERSHIP})
_MAKERS = frozenset({Role.PRODUCT, Role.TECH})
_WITH_CUSTOMERS = frozenset({Role.PRODUCT, Role.SALES, Role.SUPPORT, Role.LEADERSHIP})
_AT_THE_TABLE = frozenset({Role.PRODUCT, Role.SALES, Role.TECH, Role.LEADERSHIP})

#: Who may do what belongs to roles, until a company decides otherwise in `/tandem setup`.
DEFAULTS: Mapping[Doing, frozenset[Role]] = MappingProxyType(
    {
        Doing.CONFIRM_VALUE: _PRODUCT,
        Doing.CONFIRM_TIME_CRITICALITY: _PRODUCT,
        Doing.CONFIRM_RISK_REDUCTION: _MAKERS,
        Doing.CONFIRM_JOB_SIZE: frozenset({Role.TECH}),
        Doing.TRIAGE: _LEADS,
        Doing.MOVE: _MAKERS,
        Doing.DECLINE: _LEADS,
        Doing.PROMISE: _LEADS,
        Doing.MEASURE: _LEADS,
        Doing.COORDINATE: _AT_THE_TABLE,
        Doing.SEE_AMOUNTS: _WITH_CUSTOMERS,
        Doing.DECIDE: frozenset({Role.LEADERSHIP}),
    }
)


#: How each is said after "may".
SAID: Mapping[Doing, str] = MappingProxyType(
    {
        Doing.FILE: "file a request",
        Doing.JOIN: "add a customer",
        Doing.SUGGEST: "suggest figures",
        Doing.ASK: "ask about a request",
        Doing.WATCH: "watch a request",
        Doing.BLOCK: "say what is in the way",
        Doing.ESCALATE: "take a request to the strategy level",
        Doing.TELL: "note that a customer was told",
        Doing.CONFIRM_VALUE: "confirm the value",
        Doing.CONFIRM_TIME_CRITICALITY: "confirm time criticality",
        Doing.CONFIRM_RISK_REDUCTION: "confirm risk reduction",
        Doing.CONFIRM_JOB_SIZE: "confirm the size",
        Doing.TRIAGE: "sort new requests",
        Doing.MOVE: "move requests",
        Doing.DECLINE: "decline requests",
        Doing.PROMISE: "write what customers may hear",
        Doing.MEASURE: "set the north star, and how much a release should be used",
        Doing.COORDINATE: "run the weekly coordination",
        Doing.SEE_AMOUNTS: "see what customers pay",
        Doing.DECIDE: "decide at the strategy level",
        Doing.SET_UP: "change Tandem's settings",
    }
)


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What roles may do here: the defaults, and what the company decided instead."""

    decided: Mapping[Doing, frozenset[Role]] = field(default_factory=dict)

    def of(self, doing: Doing) -> frozenset[Role]:
        """Roles whose holders may do this, of what belongs to roles."""
        return self.decided.get(doing) or DEFAULTS[doing]
