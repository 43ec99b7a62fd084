"""A message center as a provider: submissions paced over its binds, answers judged, receipts handed on.

Receipts may come on any bind of any worker, and before the answer they belong to: delivery joins them by id. Of a text
that takes several segments only the last asks for a receipt, and its id stands for the whole: one message has one
verdict, and a handset that lacks an earlier segment is nothing a center would say of the last one either.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.paced import TOO_MANY_WAIT, Paced
from xacthuc.otp.delivery.adapters.smpp import pdu, receipts, statuses
from xacthuc.otp.delivery.adapters.smpp.binds import Binds, Events
from xacthuc.otp.delivery.adapters.smpp.pdu import Command, MalformedPdu
from xacthuc.otp.delivery.adapters.smpp.session import Lost, Unsent
from xacthuc.otp.delivery.adapters.smpp.smpp_file import read
from xacthuc.otp.delivery.adapters.smpp.statuses import NO_ANSWER, UNREACHABLE, Code
from xacthuc.otp.delivery.adapters.smpp.submissions import submissions_of
from xacthuc.otp.delivery.ports import Accepted, Channel, Left, Rejected
from xacthuc.phone.sandbox import is_reserved
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.ground import Ground
    from xacthuc.otp.delivery.adapters.smpp.pdu import Pdu, Submission
    from xacthuc.otp.delivery.adapters.smpp.session import Session
    from xacthuc.otp.delivery.adapters.smpp.smpp_file import SmppFile
    from xacthuc.otp.delivery.ports import Answer, Message, Receipt

_log: Final = get_logger()


class SmppProvider:
    """Implements the provider port over the binds of one worker."""

    def __init__(self, described: SmppFile, tls: ssl.SSLContext | None) -> None:
        """`described` comes from `smpp_file.read`; `tls` is None for a connection in clear."""
        self.described = described
        self.name = described.name
        self.channels = (Channel.SMS,)
        self.reports = described.receipts.requested
        self._binds = Binds(described=described, tls=tls)
        self._paced = Paced(described.per_second)
        self._said = statuses.table(described.rejected)
        self._ground: Ground | None = None

    def takes(self, message: Message) -> bool:
        """Takes everything but the sandbox's numbers, which are nobody's."""
        return not is_reserved(message.to)

    async def send(self, message: Message) -> Answer:
        """Submits the segments of a message one after the other, up to the first that is not taken."""
        submissions = submissions_of(message, self.described)
        if isinstance(submissions, Rejected):
            return submissions
        answer: Answer = Accepted(message.id)
        for number, submission in enumerate(submissions):
            answer = await self._submit(submission, message.id, begun=number > 0)
            self._paced.heard(answer)
            if isinstance(answer, Rejected):
                # A part of it is on its way: whether anybody can read that, nobody knows.
                return replace(answer, left=Left.DOUBT) if number else answer
        return answer

    async def tend(self, ground: Ground) -> None:
        """Keeps the binds, until canceled, and to this worker's share of the pace."""
        self._ground = ground
        events = Events(
            deliver=self._delivered,
            fault=lambda cause: ground.fault(self.name, cause),
            bound=lambda count: ground.bound(self.name, count),
        )
        self._paced.divide_among(ground.workers)
        await self._binds.keep(events)

    async def _submit(self, submission: Submission, message_id: str, *, begun: bool) -> Answer:
        """Submits one segment when a bind has room and the pace a slot; `begun` when one before it is out."""
        body = pdu.submit_sm(submission)
        try:
            async with asyncio.timeout(self.described.response_seconds) as patience:
                await self._binds.tried.wait()
                session = self._binds.quietest()
                if session is None:
                    return self._unreachable()
                async with session.window:
                    if (refused := await self._paced.turn(begun=begun)) is not None:
                        return refused
                    patience.reschedule(None)  # from here on the response has its own time
                    response = await session.submit(body)
        except TimeoutError:
            return TOO_MANY_WAIT if self._binds.tried.is_set() else UNREACHABLE
        except Unsent:
            return self._unreachable()
        except Lost:
            return NO_ANSWER
        return self._judge(session, response, message_id)

    def _judge(self, session: Session, response: Pdu, message_id: str) -> Answer:
        if response.status == Code.ROK and response.command == Command.SUBMIT_SM_RESP:
            try:
                answered = receipts.answered_id(pdu.read_message_id(response.body), self.described.receipts.id_format)
            except MalformedPdu:
                self._fault("malformed")
                answered = ""
            # Without an id: sent, but its receipts will not be found.
            return Accepted(answered or message_id)
        if response.status in statuses.UNBOUND:
            session.end()
        return statuses.rejected(response.status, self._said)

    async def _delivered(self, unit: Pdu) -> int:
        """Records a receipt; returns the status to answer. What is no receipt would be none the next time either."""
        try:
            delivered = pdu.read_delivered(unit)
            if not receipts.is_receipt(delivered):
                self._fault("inbound")  # somebody answered a message; nobody reads that here
                return Code.ROK
            receipt = receipts.read(delivered, self.described.receipts)
        except MalformedPdu:
            self._fault("malformed_receipt")
            return Code.ROK
        return Code.ROK if receipt is None or self._ground is None else await self._recorded(receipt, self._ground)

    async def _recorded(self, receipt: Receipt, ground: Ground) -> int:
        """Hands a receipt on; returns the status by which the center repeats what was not recorded."""
        try:
            await ground.receive(self.name, receipt)
        except StoreError:
            return Code.RX_T_APPN
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave the center without an answer
            ground.fault(self.name, "failed")
            _log.error("smpp_receipt_failed", provider=self.name, cause=type(error).__name__)
            return Code.RX_T_APPN
        return Code.ROK

    def _unreachable(self) -> Rejected:
        if self._binds.credentials_refused:
            return Rejected(reason="credentials_refused", left=Left.NOTHING)
        return UNREACHABLE

    def _fault(self, cause: str) -> None:
        if self._ground is not None:
            self._ground.fault(self.name, cause)


@asynccontextmanager
async def opened_smpp(path: Path, _clock: Clock) -> AsyncIterator[SmppProvider]:
    """Reads a file; DataFileError when it is faulty. `tend` connects. Takes what the openers of all kinds take."""
    described = read(path)
    tls = None
    if described.encrypted:
        try:
            tls = ssl.create_default_context(cafile=described.ca_file or None)
        except OSError as error:
            raise DataFileError(f"{path}: ca_file: cannot be used ({type(error).__name__})") from None
    yield SmppProvider(described, tls)
