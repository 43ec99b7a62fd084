"""Whether an operator can be asked: what it says to a token that nobody issued, about a number that nobody has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.clock import SystemClock
from xacthuc.ids import new_request_id
from xacthuc.otp.adapters.camara.number_verification import opened
from xacthuc.otp.domain.network import NetworkAnswer
from xacthuc.phone.sandbox import RESERVED_PREFIX

if TYPE_CHECKING:
    from xacthuc.otp.adapters.camara.operator_file import OperatorFile

_NUMBER = f"{RESERVED_PREFIX}00"
_TOKEN = "xacthuc-operators-check"  # noqa: S105 - made up on purpose
_PATIENCE_SECONDS = 10.0


class Probed(NamedTuple):
    """What came of it."""

    ready: bool
    finding: str
    milliseconds: int


async def probe(described: OperatorFile) -> Probed:
    """Asks once. The one good answer is that the token is refused."""
    started = time.perf_counter()
    async with opened(described, SystemClock(), lambda _outcome, _seconds: None) as operator:
        judged, _ = await operator.ask(_NUMBER, _TOKEN, correlator=new_request_id(), budget_seconds=_PATIENCE_SECONDS)
    milliseconds = round((time.perf_counter() - started) * 1000)
    if judged.answer is NetworkAnswer.TOKEN_REFUSED:
        return Probed(ready=True, finding="ready", milliseconds=milliseconds)
    if judged.answer in {NetworkAnswer.MATCHES, NetworkAnswer.DIFFERS}:
        return Probed(ready=False, finding="accepts a token that nobody issued", milliseconds=milliseconds)
    return Probed(ready=False, finding=judged.said, milliseconds=milliseconds)
