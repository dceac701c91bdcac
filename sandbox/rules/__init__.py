"""What Slack refuses. Pure functions: a payload in, nothing out or a Refusal with Slack's code for it.

Lengths are counted in code points. Where the sources disagree about a limit, only what all of them refuse is
refused, and a comment beside the rule says so.
"""

from sandbox.rules.faults import Fault, Refusal
from sandbox.rules.manifest import Command, Manifest, Shortcut
from sandbox.rules.messages import TEXT_KEPT, check_command_reply, check_message, check_unfurl
from sandbox.rules.options import check_options_reply
from sandbox.rules.scopes import EVENT_SCOPES, METHOD_SCOPES, Needs
from sandbox.rules.views import check_submission_reply, check_view

__all__ = [
    "EVENT_SCOPES",
    "METHOD_SCOPES",
    "TEXT_KEPT",
    "Command",
    "Fault",
    "Manifest",
    "Needs",
    "Refusal",
    "Shortcut",
    "check_command_reply",
    "check_message",
    "check_options_reply",
    "check_submission_reply",
    "check_unfurl",
    "check_view",
]
