"""Usage worked out anew from all events at once, the plain way: what the rollups are held against."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.domain.usage import Event, Signs, domain_of, features_of

Rollups = Counter[tuple[str, int, str, str]]  #: (account, day, who, feature) -> events


@dataclass
class World:
    """What was told, in the order it came, and nothing worked out from it."""

    heard: list[Event] = field(default_factory=list)  #: each once
    ids: set[tuple[str, str]] = field(default_factory=set)  #: of messages, those of forgotten people too
    domains: dict[str, str | None] = field(default_factory=dict)  #: of accounts that were imported
    merged: dict[str, str] = field(default_factory=dict)

    def hear(self, events: Iterable[Event]) -> None:
        for event in events:
            if (event.source, event.message) not in self.ids:
                self.ids.add((event.source, event.message))
                self.heard.append(event)

    def forget(self, person: str) -> None:
        """All they did, and all that was ever said of their ids."""
        links = self._links()
        gone = {one for one in self.people() if _follow(one, links) == _follow(person, links)}
        self.heard = [_without(event, gone) for event in self.heard if event.person not in gone]

    def people(self) -> set[str]:
        return {one for event in self.heard for one in (event.person, event.also) if one}

    def rollups(self) -> Rollups:
        links, by_time = self._links(), sorted(self.heard, key=lambda event: event.stamp)
        counted: Rollups = Counter()
        for event in by_time:
            who = _follow(event.person, links)
            own = [one for one in by_time if _follow(one.person, links) == who]
            account = self.stands_for(event.account) if event.account else self._home(own)
            for feature in features_of(event, Signs()):
                counted[account, event.day, who, feature] += 1
        return counted

    def stands_for(self, account: str) -> str:
        """Which account is meant, in the end."""
        following = self.merged.get(account) or self._owner(account)
        return self.stands_for(following) if following and following != account else account

    def _owner(self, account: str) -> str | None:
        """Of an account that nobody imported, one that has its name for a mail domain."""
        if account in self.domains:
            return None
        return min((one for one in self._holders(account) if account not in self._merged_into(one)), default=None)

    def _holders(self, domain: str) -> list[str]:
        return [one for one, of in self.domains.items() if of == domain]

    def _merged_into(self, account: str) -> set[str]:
        passed = set[str]()
        while account in self.merged:
            passed.add(account := self.merged[account])
        return passed

    def _home(self, own: list[Event]) -> str:
        groups = [event.group for event in own if event.group]
        emails = [event.email for event in own if event.email]
        domain = domain_of(emails[-1]) if emails else None
        if groups:
            return self.stands_for(groups[-1])
        return self._of_domain(domain) if domain else ""

    def _of_domain(self, domain: str) -> str:
        is_called_so = domain in self.merged or self.domains.get(domain, domain) == domain
        return self.stands_for(domain if is_called_so else min(self._holders(domain), default=domain))

    def _links(self) -> dict[str, str]:
        links: dict[str, str] = {}
        for event in sorted(self.heard, key=lambda event: event.stamp):
            if event.also:
                links.setdefault(event.also, event.person)
        return links


def _without(event: Event, gone: Collection[str]) -> Event:
    return replace(event, also=None) if event.also in gone else event


def _follow(one: str, links: Mapping[str, str]) -> str:
    path = [one]
    while path[-1] in links:
        following = links[path[-1]]
        if following in path:
            return min(path[path.index(following) :])
        path.append(following)
    return path[-1]
