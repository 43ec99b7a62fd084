"""What can go wrong between a caller and the store.

    StoreError
    ├── StoreUnavailable    no answer to be had now: down, stalled, failing over, loading, full
    └── ReplyError          the server answered, and the answer is a refusal
        └── ScriptError     ... by or while running a script

Messages carry the error's code and the script's name alone. The server's own words may quote arguments, so they stay in
`detail`, which neither `str` nor `repr` shows.
"""

from __future__ import annotations


class StoreError(Exception):
    """Whatever the store could not do."""


class StoreUnavailable(StoreError):  # noqa: N818  the name of the gRPC status it becomes (UNAVAILABLE), and of AIP-194
    """The store cannot answer at present.

    Attributes:
        sent: whether the command left this process, and so may have run.
        retry_after_seconds: how long to wait before asking again; a hint.

    """

    def __init__(self, reason: str, *, sent: bool, retry_after_seconds: float) -> None:
        """Takes a `reason` of fixed wording, without arguments of the command."""
        super().__init__(reason)
        self.sent = sent
        self.retry_after_seconds = retry_after_seconds


class ReplyError(StoreError):
    """The server refused a command.

    Attributes:
        code: first word of the reply, such as `WRONGTYPE`, or whatever a script of ours chose.
        detail: the rest of the reply. May quote arguments: never log it.

    """

    def __init__(self, code: str, detail: str, *, subject: str = "command") -> None:
        """Takes the reply's `code` and `detail`, and the `subject` that was refused."""
        super().__init__(f"{subject} refused by the store: {code}")
        self.code = code
        self.detail = detail


class ScriptError(ReplyError):
    """A script answered with an error or failed while running."""


def split(message: str) -> tuple[str, str]:
    """Returns an error reply's code and the rest: `"MOVED 1 host:1"` → `("MOVED", "1 host:1")`."""
    code, _, detail = message.partition(" ")
    return code, detail
