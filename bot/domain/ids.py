"""What ids are, so that the type checker can tell them apart."""

import re
from typing import NewType

TeamId = NewType("TeamId", str)
UserId = NewType("UserId", str)
GroupId = NewType("GroupId", str)
ChannelId = NewType("ChannelId", str)
MessageTs = NewType("MessageTs", str)  #: Slack's name of a message within its channel, "1732537462.000100"
AccountId = NewType("AccountId", str)
RequestNumber = NewType("RequestNumber", int)  #: 14 of R-14
Slug = NewType("Slug", str)
NoticeId = NewType("NoticeId", int)
WorkerId = NewType("WorkerId", str)

_NUMBER = re.compile(r"(?:r-)?(\d{1,9})", re.IGNORECASE)


def read_key(key: str) -> RequestNumber | Slug:
    """Read what people type for a request: `R-14`, `14` or its slug."""
    key = key.strip()
    if found := _NUMBER.fullmatch(key):
        return RequestNumber(int(found.group(1)))
    return Slug(key.casefold())
