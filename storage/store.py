"""What a use-case sees of the memory: one transaction, by subject."""

from sqlalchemy import Connection


class Store:
    """One transaction. Made by the door for each use-case, never kept."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
