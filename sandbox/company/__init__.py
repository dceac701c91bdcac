"""A fictional company to try things in: people and channels here, its accounts and backlog as CSV beside it."""

from pathlib import Path

from sandbox.workspace import Channel, User, UserGroup, Workspace

ACCOUNTS = Path(__file__).parent / "accounts.csv"
REQUESTS = Path(__file__).parent / "requests.csv"

GROUPS = {
    "sales": ("Alice", "Marek"),
    "product": ("Boris",),
    "tech": ("Tanya", "Ravi"),
    "support": ("Ines",),
    "marketing": ("Clara",),
    "leadership": ("Olga",),
}


def workspace() -> Workspace:
    """Eight people in six groups, from Lisbon to Bangalore."""
    return Workspace(
        team="Nimbus",
        people=(
            User("Alice", title="Account executive", tz="Europe/Berlin"),
            User("Marek", title="Account executive", tz="Europe/Warsaw"),
            User("Boris", title="Product manager", tz="Europe/Berlin"),
            User("Tanya", title="Tech lead", tz="Europe/Berlin"),
            User("Ravi", title="QA engineer", tz="Asia/Kolkata"),
            User("Ines", title="Customer support", tz="Europe/Lisbon"),
            User("Clara", title="Marketing manager", tz="Europe/Berlin"),
            User("Olga", title="Chief product officer", tz="Europe/Berlin", is_admin=True),
        ),
        channels=(
            Channel("#board", topic="What we could build, the most worth doing first"),
            Channel("#coordination", topic="Product, sales and tech, every Monday"),
            Channel("#sales", members=("Alice", "Marek", "Olga"), bot=False),
            Channel("#general"),
        ),
        groups=tuple(UserGroup(handle, members=members) for handle, members in GROUPS.items()),
    )
