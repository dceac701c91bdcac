"""What can go wrong, in the three ways a caller must tell apart."""


class Refused(Exception):
    """The user can mend this. `text` is said to them as it stands; nothing was done.

    `field` names the form field at fault, so that a form can show the words beside it.
    """

    def __init__(self, text: str, *, field: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class Busy(Exception):
    """The database had no turn for us in time. Nothing was done; trying again is safe."""


class Unavailable(Exception):
    """The database failed under us. Whether the change was kept is unknown; the same key is safe to send again."""
