"""What a use-case sees of the memory: one transaction, by subject."""

from functools import cached_property

from sqlalchemy import Connection

from bot.domain.policy import Policy
from storage.accounts import Accounts
from storage.blockers import Blockers
from storage.changes import Changes
from storage.channels import Channels
from storage.deals import Deals
from storage.digests import Digests
from storage.escalations import Escalations
from storage.house import House
from storage.messages import Messages
from storage.metrics import Metrics
from storage.outbox import Outbox
from storage.people import People
from storage.promises import Promises
from storage.requests import Requests
from storage.reviews import Reviews
from storage.scores import Scores
from storage.talks import Talks
from storage.usage import Usage


class Store:
    """One transaction. Made by the door for each use-case, never kept."""

    def __init__(self, connection: Connection, fixed: Policy) -> None:
        self.connection = connection
        self.requests = Requests(connection)
        self.accounts = Accounts(connection)
        self.deals = Deals(connection)
        self.scores = Scores(connection)
        self.people = People(connection)
        self.talks = Talks(connection)
        self.usage = Usage(connection)
        self.promises = Promises(connection)
        self.metrics = Metrics(connection)
        self.blockers = Blockers(connection)
        self.reviews = Reviews(connection)
        self.digests = Digests(connection)
        self.escalations = Escalations(connection)
        self.channels = Channels(connection)
        self.changes = Changes(connection)
        self.messages = Messages(connection)
        self.outbox = Outbox(connection)
        self.house = House(connection, fixed)

    @property
    def others(self) -> int | None:
        """A number that is another one once another process has written; None where writers wait their turn."""
        if self.connection.dialect.name != "sqlite":
            return None
        return int(self.connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    @cached_property
    def policy(self) -> Policy:
        """What is decided, as of this transaction: what was set in Slack, under what the environment fixes."""
        return self.house.policy()
