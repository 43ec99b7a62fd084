"""Actions, and what is decided about them."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.identity.wire.common import ACCOUNT_PREFIX
from xacthuc.policy import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.grpckit.validation import Shortcuts

ACTIONS: Final = {resources_pb2.Action.Value(action.value): action for action in Action}
"""The contract's numbers; a test proves that both sides name the same."""

ACTION_NUMBERS: Final = {action: number for number, action in ACTIONS.items()}

_MOST_CHECKS: Final = 500
_NAMES: Final = re.compile(r"(?:accounts/[A-Za-z0-9_.~-]{1,64}\n)+", re.ASCII)
_NAME: Final = re.compile(r"accounts/[A-Za-z0-9_.~-]{1,64}", re.ASCII)
_parts: Final = attrgetter("name", "action")


class Checks(NamedTuple):
    """Accounts, and what each wants to do, in the order of the request."""

    account_ids: list[str]
    actions: list[Action]


def read_checks(request: service_pb2.BatchCheckActionsRequest) -> Checks:
    """Reads a batch that keeps the contract's rules."""
    return _checks(*zip(*map(_parts, request.checks), strict=True))


def read_plain_checks(request: service_pb2.BatchCheckActionsRequest) -> Checks | None:
    """Reads a batch if it certainly keeps the rules, by one pattern for all names; a twentieth of what asking them takes."""
    if not 1 <= len(request.checks) <= _MOST_CHECKS:
        return None
    names, actions = zip(*map(_parts, request.checks), strict=True)
    lines = "\n".join(names)
    # A name with a line break of its own could pass for two.
    plain = lines.count("\n") < len(names) and ACTIONS.keys() >= set(actions) and _NAMES.fullmatch(f"{lines}\n")
    return _checks(names, actions) if plain else None


def read_plain_check(request: service_pb2.CheckActionRequest) -> service_pb2.CheckActionRequest | None:
    """Returns a question that certainly keeps the rules."""
    return request if request.action in ACTIONS and _NAME.fullmatch(request.name) else None


def _checks(names: Iterable[str], actions: Iterable[resources_pb2.Action.ValueType]) -> Checks:
    return Checks([name[ACCOUNT_PREFIX:] for name in names], [ACTIONS[action] for action in actions])


SHORTCUTS: Final[Shortcuts] = {
    service_pb2.CheckActionRequest: read_plain_check,
    service_pb2.BatchCheckActionsRequest: read_plain_checks,
}
"""For the server builder."""
