"""What a person may choose about each topic."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.notices import PREFERENCES, Mode, Topic

_SPECIAL: Mapping[Topic, tuple[Mode, ...]] = MappingProxyType(
    {
        Topic.QUESTION: (Mode.NOW, Mode.DAILY),  # somebody waits for the answer
        Topic.DEAL: (Mode.NOW, Mode.NEVER),  # it is answered by its buttons
        Topic.ROUND: (Mode.DAILY, Mode.NEVER),
    }
)

CHOICES: Mapping[Topic, tuple[Mode, ...]] = MappingProxyType(
    {topic: _SPECIAL.get(topic, tuple(Mode)) for topic in PREFERENCES}
)
