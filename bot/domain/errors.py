"""What can go wrong, in the three ways a caller must tell apart."""

from collections.abc import Mapping


class Refused(Exception):
    """The user can mend this. `text` is said to them as it stands; nothing was done.

    `fields` says it again beside the form fields at fault: {field name: words}.
    """

    def __init__(self, text: str, *, field: str | None = None, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.fields: Mapping[str, str] = fields or ({field: text} if field else {})


class Busy(Exception):
    """The database had no turn for us in time. Nothing was done; trying again is safe."""


class Unavailable(Exception):
    """The database failed under us. Whether the change was kept is unknown; the same key is safe to send again."""
