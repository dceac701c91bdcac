"""A fictional company to try things in: people and channels here, its accounts and backlog as CSV beside it."""

from datetime import date, timedelta
from pathlib import Path

from sandbox.workspace import Channel, User, UserGroup, Workspace

ACCOUNTS = Path(__file__).parent / "accounts.csv"
REQUESTS = Path(__file__).parent / "requests.csv"
ACTIVATION = (47, 48, 48, 50, 52, 54)  #: percent, a week each

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
            Channel("#strategy", members=("Alice", "Boris", "Tanya", "Olga"), topic="What leadership decides"),
            Channel("#sales", members=("Alice", "Marek", "Olga"), bot=False),
            Channel("#general"),
        ),
        groups=tuple(UserGroup(handle, members=members) for handle, members in GROUPS.items()),
    )


def activation(today: date, folder: Path) -> Path:
    """A CSV of how many percent of new users came to stay, week by week up to this one."""
    weeks = [today - timedelta(weeks=ago) for ago in reversed(range(len(ACTIVATION)))]
    lines = [f"activation,{week:%G-W%V},{percent}" for week, percent in zip(weeks, ACTIVATION, strict=True)]
    path = folder / "metrics.csv"
    path.write_text("\n".join(["metric,period,value", *lines]) + "\n", encoding="utf-8")
    return path
