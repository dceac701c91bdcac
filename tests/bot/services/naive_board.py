"""A board as plain lists: whatever is asked of it is worked out from scratch, by counting.

It is what the services are held against, so it shares no rule with them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

OPEN = ("backlog", "planned", "in_progress", "testing")  #: from the least far along
IN_WORK = ("in_progress", "testing", "released")
COST_OF_DELAY = ("value", "time_criticality", "risk_reduction")
#: Whose word it takes for a figure.
OWNERS = {
    "value": ("UBORIS",),
    "time_criticality": ("UBORIS",),
    "risk_reduction": ("UBORIS", "UTANYA"),
    "job_size": ("UTANYA",),
}

Sums = Mapping[tuple[str, str], int]  #: minor units by "protect" or "grow", and currency


@dataclass
class Wished:
    number: int
    at: datetime
    status: str = "backlog"
    guesses: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)  #: of whoever owns the figure
    same_as: int | None = None
    joined_at: datetime | None = None
    before: str = "backlog"  #: its status before it was joined

    @property
    def figures(self) -> dict[str, int]:
        return {**self.guesses, **self.words}

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def score(self) -> Fraction | None:
        if not self.is_open or len(self.figures) < 4:
            return None
        return Fraction(sum(self.figures[one] for one in COST_OF_DELAY), self.figures["job_size"])

    def weigh(self, by: str, figures: Mapping[str, int]) -> None:
        for name, figure in figures.items():
            if by in OWNERS[name]:
                self.words[name] = figure
            elif self.figures.get(name) != figure:
                self.guesses[name] = figure


@dataclass
class Waits:
    number: int  #: the request it was brought for
    account: str
    importance: int | None = None
    aim: str | None = None


@dataclass
class Offer:
    """A deal."""

    account: str
    by: str
    size: tuple[int, str] | None
    state: str = "open"


@dataclass
class Customer:
    revenue: tuple[int, str] | None = None
    stage: str | None = None

    @property
    def pays(self) -> tuple[int, str] | None:
        is_customer = self.stage in (None, "customer") and self.revenue and self.revenue[0]
        return self.revenue if is_customer else None


@dataclass(frozen=True)
class Line:
    """Where a request stands."""

    number: int
    rank: int
    tied: bool
    of: int
    score: Fraction
    companies: int


@dataclass
class Board:
    requests: dict[int, Wished] = field(default_factory=dict)
    waits: list[Waits] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    customers: dict[str, Customer] = field(default_factory=dict)

    # ---- who waits for what ----

    def stands_for(self, number: int) -> int:
        """The request at the end of the links from this one."""
        following = self.requests[number].same_as
        return number if following is None else self.stands_for(following)

    def joined(self, number: int) -> list[int]:
        return [one for one in self.requests if one != number and self.stands_for(one) == number]

    def behind(self, number: int) -> list[Waits]:
        return [one for one in self.waits if self.stands_for(one.number) == number]

    def companies(self, number: int) -> set[str]:
        return {one.account for one in self.behind(number)}

    def join(self, number: int, accounts: tuple[str, ...]) -> None:
        known = self.companies(number)
        self.waits += [Waits(number, one) for one in accounts if one not in known]

    def remove(self, number: int, account: str) -> None:
        gone = [one for one in self.behind(number) if one.account == account]
        self.waits = [one for one in self.waits if one not in gone]

    def merge(self, one: int, other: int, at: datetime) -> None:
        """The one furthest along stands for both, else the oldest."""
        both = {self.stands_for(one), self.stands_for(other)}
        if len(both) == 2:
            roots = [self.requests[number] for number in both]
            first, joined = sorted(roots, key=lambda root: (-OPEN.index(root.status), root.at, root.number))
            joined.before, joined.status = joined.status, "declined"
            joined.same_as, joined.joined_at = first.number, at

    def unlink(self, number: int) -> None:
        joined = self.requests[number]
        joined.same_as, joined.status = None, joined.before

    # ---- the order ----

    def lines(self) -> list[Line]:
        ranked = [(one, one.score) for one in self.requests.values() if one.score is not None]
        found = [
            Line(
                number=one.number,
                rank=1 + sum(other > score for _, other in ranked),
                tied=sum(other == score for _, other in ranked) > 1,
                of=len(ranked),
                score=score,
                companies=len(self.companies(one.number)),
            )
            for one, score in ranked
        ]
        return sorted(
            found, key=lambda line: (-line.score, -line.companies, self.requests[line.number].at, line.number)
        )

    def line(self, number: int) -> Line | None:
        return next((line for line in self.lines() if line.number == number), None)

    # ---- money ----

    def report(self, account: str, by: str, size: tuple[int, str] | None) -> None:
        """A customer has one deal until somebody says there are two; of several the one of that size is meant."""
        known = self.open_offers(account)
        if len(known) > 1:
            same = [one for one in known if size is not None and one.size == size]
            known = same[:1] or [one for one in known if one.by == by][-1:]
        if known:
            known[0].size = size or known[0].size
        else:
            self.offers.append(Offer(account, by, size))

    def won(self, account: str, pays: tuple[int, str] | None) -> None:
        """It is a customer from now on; a note of what it paid once doesn't count."""
        customer = self.customers[account]
        customer.revenue, customer.stage = pays or customer.pays, "customer"

    def open_offers(self, account: str) -> list[Offer]:
        return [one for one in self.offers if one.account == account and one.state == "open"]

    def budgets(self, account: str) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        pays = self.customers[account].pays
        if pays:
            found["protect", pays[1]] = pays[0]
        for offer in self.open_offers(account):
            if offer.size:
                key = ("grow", offer.size[1])
                found[key] = found.get(key, 0) + offer.size[0]
        return found

    def shares(self, account: str) -> dict[int, dict[tuple[str, str], int]]:
        """What each open request this customer waits for has of its budgets."""
        wishes = self._wishes(account)
        found: dict[int, dict[tuple[str, str], int]] = {number: {} for number in wishes}
        for (aim, currency), minor in self.budgets(account).items():
            takers = [number for number in wishes if wishes[number][1] == aim] or list(wishes)
            parts = _parts(minor, [wishes[number][0] for number in takers])
            for number, part in zip(takers, parts, strict=True):
                found[number][aim, currency] = part
        return found

    def _wishes(self, account: str) -> dict[int, tuple[int, str]]:
        """Weight and aim of each, by number."""
        mine = [one for one in self.waits if one.account == account]
        numbers = sorted({self.stands_for(one.number) for one in mine})
        return {n: self._wish(account, n) for n in numbers if self.requests[n].is_open}

    def _wish(self, account: str, number: int) -> tuple[int, str]:
        said = [one for one in self.behind(number) if one.account == account]
        return max(one.importance or 1 for one in said), self._aim(account, said)

    def _aim(self, account: str, said: list[Waits]) -> str:
        return _said_aim(said) or ("protect" if self.customers[account].pays else "grow")

    def weigh(self, number: int, account: str, importance: int | None, aim: str, *, dealt: bool) -> None:
        """A form left as it was says nothing; in one that says something, an aim that counts anyway isn't said."""
        asks = [one for one in self.behind(number) if one.account == account]
        said, counts = _said_aim(asks), self._aim(account, asks)
        shown = said or ("grow" if any(offer.size for offer in self.open_offers(account)) else counts)
        if dealt or (importance, aim) != (_said_importance(asks), shown):
            for one in asks:
                one.importance = importance
                one.aim = said if aim == shown and aim == (said or counts) else aim

    def money(self, number: int) -> Sums:
        """The sums behind a request."""
        found: dict[tuple[str, str], int] = {}
        for account in self.companies(number):
            for key, minor in self.shares(account).get(number, {}).items():
                found[key] = found.get(key, 0) + minor
        return found


def _said_importance(said: list[Waits]) -> int | None:
    return max((one.importance for one in said if one.importance), default=None)


def _said_aim(said: list[Waits]) -> str | None:
    """To keep comes before to win."""
    return next((aim for aim in ("protect", "grow") if aim in {one.aim for one in said}), None)


def _parts(minor: int, weights: list[int]) -> Iterator[int]:
    """As one hands out coins: what can't be given is kept for the next."""
    kept = Fraction(0)
    for weight in weights:
        due = Fraction(minor * weight, sum(weights)) + kept
        kept = due - int(due)
        yield int(due)
