"""What answers in otp's place: it redeems proofs as the contract says, and may be told to hold its answers back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, Internal, InvalidRequest, OutOfRange, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.status import DETAILS_KEY, serialize
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.ids import encode, random_bytes

Challenge = resources_pb2.Challenge
Purpose = Challenge.Purpose


_TOLD_AT_ONCE = 2_048
"""Outcomes, as many as otp tells in one message."""


class OtpPeer(internal_pb2_grpc.OtpInternalServicer):
    """Serves from its construction to `stop`, on threads, so that a test's event loop does not have to run."""

    def __init__(self, address: str, tls: Path) -> None:
        self._proofs: dict[str, internal_pb2.Proof] = {}
        self._redeemed: dict[str, str] = {}
        self.notices: dict[str, tuple[str, str, str]] = {}
        """What was asked to be told, by request id: platform, number and template."""
        self.notice_calls: Counter[str] = Counter()
        """How often each was asked for."""
        self.handed: list[tuple[str, str, str]] = []
        """The copies that providers were handed: one for each id, as otp knows the ids that it had (AIP-155)."""
        self._turn = threading.Lock()
        self.notice_refusals: list[XacthucError] = []
        """What the next ones are refused with, last first."""
        self.platform_refusals: dict[str, list[XacthucError]] = {}
        """The same, of one platform."""
        self.away: set[str] = set()
        """Platforms for which nothing can be sent: whoever asks is told of a defect."""
        self.cursors: list[bytes] = []
        """Where those who watch wanted to begin."""
        self.kinds: set[int] = set()
        """What those who watch wanted to be told of."""
        self._outcomes: list[internal_pb2.Outcome] = []
        self._kept_from = self._streams = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(32))
        internal_pb2_grpc.add_OtpInternalServicer_to_server(self, self._server)
        self._server.add_secure_port(address, TlsFiles(tls, "otp").server_credentials())
        self._server.start()

    def prove(
        self,
        number: str,
        account: str,
        purpose: Purpose = Purpose.ACCOUNT_VERIFICATION,
        ago: timedelta = timedelta(0),
    ) -> str:
        """Returns a token for a proof that a right code would have made some time ago."""
        return self._prove(number, f"accounts/{account}", purpose, ago)

    def prove_link(self, number: str, link: str) -> str:
        """Returns a token for the proof that somebody makes who takes a child on; `link` is `links/{link}`."""
        return self._prove(number, link, Purpose.GUARDIAN_LINK, timedelta(0))

    def _prove(self, number: str, subject: str, purpose: Purpose, ago: timedelta) -> str:
        token = f"{encode(random_bytes(18))}.{encode(random_bytes(32))}"
        verified = Timestamp()
        verified.FromDatetime(datetime.now(UTC) - ago)
        self._proofs[token] = internal_pb2.Proof(
            proof_id=uuid4().hex,
            phone_number=number,
            purpose=purpose,
            subject=subject,
            verify_time=verified,
            channel=Challenge.SMS,
        )
        return token

    def hold_back(self) -> None:
        """From now on questions wait for `may_answer`; `asked` tells of the first one."""
        self.asked.clear()
        self.may_answer.clear()

    def forget_redemptions(self) -> None:
        """What a fail-over of the store within its replication lag amounts to."""
        self._redeemed.clear()

    def RedeemProof(  # noqa: N802 - the contract's name
        self, request: internal_pb2.RedeemProofRequest, context: grpc.ServicerContext
    ) -> internal_pb2.Proof:
        self.asked.set()
        self.may_answer.wait(timeout=30)
        proof = self._proofs.get(request.proof_token)
        if proof is None or proof.subject != request.subject or proof.purpose not in request.purposes:
            _refuse(context, InvalidRequest(FieldFault("proof_token", "other", "X"), reason=Reason.PROOF_INVALID))
        if self._redeemed.setdefault(request.proof_token, request.request_id) != request.request_id:
            _refuse(context, FailedPrecondition(Reason.PROOF_REDEEMED, "used"))
        return proof

    def SendNotice(  # noqa: N802 - the contract's name
        self, request: internal_pb2.SendNoticeRequest, context: grpc.ServicerContext
    ) -> internal_pb2.Notice:
        if self.notice_refusals:
            _refuse(context, self.notice_refusals.pop())
        platform = str(dict(context.invocation_metadata())["x-xacthuc-platform"])
        if platform in self.away:
            _refuse(context, Internal())
        if refusals := self.platform_refusals.get(platform):
            _refuse(context, refusals.pop())
        asked = (platform, request.phone_number, request.template)
        with self._turn:
            self.notice_calls[request.request_id] += 1
            if request.request_id not in self.notices:
                self.handed.append(asked)
            kept = self.notices.setdefault(request.request_id, asked)
        if kept != asked:
            _refuse(context, FailedPrecondition(Reason.REQUEST_ID_REUSED, "another notice had this id"))
        return internal_pb2.Notice(name=notice_of(request.request_id))

    def heard_of(
        self, platform: str, request_id: str, kind: internal_pb2.Outcome.Kind.ValueType, reason: str = "", **fields: Any
    ) -> None:
        """Tells whoever watches what became of a notice."""
        detail = notice_of(request_id) + (f":{reason}" if reason else "")
        self.happened(kind, platform=platform, detail=detail, **fields)

    def number_is_out_of_use(self, platform: str, account: str, number: str, ago: timedelta = timedelta(0)) -> None:
        """Tells whoever watches that a message for an account could not be delivered some time ago."""
        occurred = Timestamp()
        occurred.FromDatetime(datetime.now(UTC) - ago)
        self._outcomes.append(
            internal_pb2.Outcome(
                kind=internal_pb2.Outcome.FAILED,
                platform=platform,
                subject=f"accounts/{account}",
                detail="number_inactive",
                phone_number=number,
                occur_time=occurred,
            )
        )

    def happened(self, kind: internal_pb2.Outcome.Kind.ValueType, **fields: Any) -> internal_pb2.Outcome:
        """Tells whoever watches of anything, which happened just now unless told otherwise."""
        occurred = Timestamp()
        occurred.FromDatetime(datetime.now(UTC))
        outcome = internal_pb2.Outcome(**{"kind": kind, "occur_time": occurred, **fields})
        self._outcomes.append(outcome)
        return outcome

    def tell_again(self) -> None:
        """Everything is told once more from the oldest on, as to somebody whose cursor was lost."""
        self._kept_from, self._outcomes = len(self._outcomes), [*self._outcomes, *self._outcomes]
        self._streams += 1

    def forget_outcomes(self) -> None:
        """What was told so far is kept no longer; whoever watches has to come back."""
        self._kept_from = len(self._outcomes)
        self._streams += 1

    def WatchOutcomes(  # noqa: N802 - the contract's name
        self, request: internal_pb2.WatchOutcomesRequest, context: grpc.ServicerContext
    ) -> Iterator[internal_pb2.WatchOutcomesResponse]:
        self.cursors.append(request.cursor)
        self.kinds.update(request.kinds)
        if request.cursor and int(request.cursor) < self._kept_from:
            _refuse(context, OutOfRange(Reason.CURSOR_EXPIRED, "gone"))
        at, stream = int(request.cursor or self._kept_from), self._streams
        while context.is_active() and stream == self._streams:
            if told := self._outcomes[at : at + _TOLD_AT_ONCE]:
                at += len(told)
                wanted = [outcome for outcome in told if _is_wanted(outcome, request)]
                yield internal_pb2.WatchOutcomesResponse(outcomes=wanted, cursor=b"%d" % at)
            else:
                time.sleep(0.02)  # a thread of its own, as the real service polls its store

    def stop(self) -> None:
        """Ends it, and whatever it still holds back."""
        self.may_answer.set()
        self._streams += 1
        self._server.stop(None).wait()


def notice_of(request_id: str) -> str:
    """Returns what a notice is called."""
    return f"notices/{request_id}"


def _is_wanted(outcome: internal_pb2.Outcome, request: internal_pb2.WatchOutcomesRequest) -> bool:
    if request.kinds and outcome.kind not in request.kinds:
        return False
    return not request.only_notices or outcome.detail.startswith("notices/")


def _refuse(context: grpc.ServicerContext, error: XacthucError) -> NoReturn:
    context.set_trailing_metadata(((DETAILS_KEY, serialize(error, trace_id="0" * 32)),))
    context.abort(error.status, error.message)
