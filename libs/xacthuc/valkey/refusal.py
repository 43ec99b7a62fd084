"""What an error reply means: send the call once more somewhere, say "not now", or tell the caller what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xacthuc.valkey.errors import ReplyError, ScriptError, StoreUnavailable, split
from xacthuc.valkey.link import Call, fail, pack

if TYPE_CHECKING:
    from xacthuc.valkey.node import Node

_MOST_SENDS = 5
"""A call is sent this often at most: a slot on the move answers MOVED, then ASK, and its new master lacks the script."""

_ASKING = pack(("ASKING",))

_RETRY_AFTER_SECONDS = {
    "BUSY": 0.5,
    "CLUSTERDOWN": 1.0,
    "LOADING": 1.0,
    "MASTERDOWN": 1.0,
    "MISCONF": 5.0,
    "NOREPLICAS": 1.0,
    "OOM": 5.0,
    "READONLY": 1.0,
    "TRYAGAIN": 0.1,
}
"""Codes that mean "not now", with a guess at how long each state lasts. They are the server's own, listed in the Cluster
specification (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/) and as the shared replies of
its source. None of them is given after a script has written: the write that would be refused is the first one."""


class Redirects(Protocol):
    """The part of a topology that error replies need."""

    def redirected(self, detail: str, *, moved: bool) -> Node | None:
        """Returns the node that `"<slot> <host>:<port>"` names, None outside a Cluster; remembers a move."""
        ...

    def suspect(self) -> None:
        """Is told that the map of slots may be out of date."""
        ...


def settle(topology: Redirects, node: Node, call: Call, message: str) -> None:
    """Sends `call`, which `node` answered with the error `message`, once more, or fails it with what the error means.

    Also when its caller was cancelled: whether a guess is counted must not depend on whether its script was known.
    """
    future, command, script, sends = call
    code, detail = split(message)
    if sends + 1 < _MOST_SENDS:
        again = (future, command, script, sends + 1)
        if code == "NOSCRIPT" and script is not None:
            node.load(script, pack(("SCRIPT", "LOAD", script.source)))
            node.submit(again)
            return
        if code in {"MOVED", "ASK"} and (target := topology.redirected(detail, moved=code == "MOVED")):
            if code == "ASK" and target.up:
                target.submit_unheard(_ASKING)
            target.submit_when_up(again)
            return
    if code in {"CLUSTERDOWN", "READONLY"}:
        topology.suspect()
    if code == "READONLY":
        # The master became a replica behind the same address: the next connection may find its successor.
        node.drop("the store is failing over")
    if code in _RETRY_AFTER_SECONDS:
        reason = f"the store answers {code}"
        fail(call, StoreUnavailable(reason, sent=False, retry_after_seconds=_RETRY_AFTER_SECONDS[code]))
    elif script is not None:
        fail(call, ScriptError(code, detail, subject=f"script {script.name}"))
    else:
        fail(call, ReplyError(code, detail))
