"""A Slack workspace that runs on your machine. It knows nothing of the bot.

async with Sandbox.open(manifest=Path("manifest.yml"), workspace=Workspace(people=[User("Alice")])) as slack:
    alice = slack.person("Alice")
    form = await alice.slash("/request k8s-connector", channel="#general")
"""

from sandbox.inputs import CannotDo
from sandbox.people import Failure, Home, Message, Modal, Person
from sandbox.server import Sandbox
from sandbox.state import Timing
from sandbox.workspace import Channel, User, UserGroup, Workspace

__all__ = [
    "CannotDo",
    "Channel",
    "Failure",
    "Home",
    "Message",
    "Modal",
    "Person",
    "Sandbox",
    "Timing",
    "User",
    "UserGroup",
    "Workspace",
]
