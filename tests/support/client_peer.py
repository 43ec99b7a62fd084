"""A peer for clients: serves the contracts over real sockets, with the answers that a test has laid out."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message_factory import GetMessageClass

from xacthuc.api.backfill.v1 import admin_pb2 as backfill_admin_pb2
from xacthuc.api.guardian.v1 import admin_pb2 as guardian_admin_pb2
from xacthuc.api.identity.v1 import admin_pb2 as identity_admin_pb2
from xacthuc.api.identity.v1 import (
    approval_admin_pb2,
    audit_admin_pb2,
    duty_admin_pb2,
    job_admin_pb2,
    lock_admin_pb2,
    reconciliation_admin_pb2,
    release_admin_pb2,
    retention_admin_pb2,
    session_admin_pb2,
    share_admin_pb2,
    staff_admin_pb2,
    webhook_admin_pb2,
)
from xacthuc.api.identity.v1 import internal_pb2 as identity_internal_pb2
from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import admin_pb2 as livestream_admin_pb2
from xacthuc.api.livestream.v1 import service_pb2 as livestream_pb2
from xacthuc.api.otp.v1 import admin_pb2 as otp_admin_pb2
from xacthuc.api.otp.v1 import service_pb2 as otp_pb2
from xacthuc.grpckit.errors import XacthucError
from xacthuc.grpckit.status import serialize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
    from google.protobuf.message import Message

KEY = "xt_dev_" + "k" * 43
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
FILES = (
    otp_pb2,
    identity_pb2,
    otp_admin_pb2,
    identity_admin_pb2,
    identity_internal_pb2,
    retention_admin_pb2,
    share_admin_pb2,
    duty_admin_pb2,
    session_admin_pb2,
    release_admin_pb2,
    audit_admin_pb2,
    job_admin_pb2,
    lock_admin_pb2,
    reconciliation_admin_pb2,
    webhook_admin_pb2,
    approval_admin_pb2,
    staff_admin_pb2,
    guardian_admin_pb2,
    livestream_admin_pb2,
    livestream_pb2,
    backfill_admin_pb2,
)
SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    service for file in FILES for service in file.DESCRIPTOR.services_by_name.values()
)


@dataclass(frozen=True)
class Bare:
    """A status that no service of ours made, as from a proxy."""

    code: grpc.StatusCode
    message: str = ""
    trailers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Received:
    """One call as the peer saw it."""

    method: str
    request: Any
    metadata: dict[str, Any]


@dataclass
class Peer:
    """`answers[method]` is used up in order; its last entry stays. An entry is a message, an error or a delay."""

    address: str = ""
    answers: defaultdict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    received: list[Received] = field(default_factory=list)

    def answer(self, method: str, *answers: Message | XacthucError | Bare | timedelta | list[Any]) -> None:
        self.answers[method].extend(answers)

    def stream(self, method: MethodDescriptor, request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
        """Streams an entry that is a list; its last item may be an error, or None for silence until the client goes.

        Any other entry is the one answer.
        """
        answer = self.handle(method, request, context)
        for each in answer if isinstance(answer, list) else [answer]:
            if isinstance(each, XacthucError):
                context.abort(each.status, each.message)
            if each is None:
                gone = Event()
                if context.add_callback(gone.set):
                    gone.wait()
                return
            yield each

    def handle(self, method: MethodDescriptor, request: Message, context: grpc.ServicerContext) -> Message:
        self.received.append(Received(method.name, request, dict(context.invocation_metadata())))
        answers = self.answers[method.name]
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        match answer:
            case XacthucError():
                language = dict(context.invocation_metadata()).get("accept-language", "")
                details = serialize(answer, trace_id=TRACE_ID, accept_language=language)
                context.set_trailing_metadata((("grpc-status-details-bin", details),))
                context.abort(answer.status, answer.message)
            case Bare():
                context.set_trailing_metadata(answer.trailers)
                context.abort(answer.code, answer.message)
            case timedelta():
                time.sleep(answer.total_seconds())  # a slow server; the client's deadline ends the call first
                return GetMessageClass(method.output_type)()
        return answer


@contextmanager
def serving(credentials: grpc.ServerCredentials | None = None, address: str = "127.0.0.1:0") -> Iterator[Peer]:
    """Runs a peer on a free port."""
    peer = Peer()
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers(tuple(_handlers(peer, service) for service in SERVICES))
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
        peer.address = f"127.0.0.1:{port}"
        server.start()
        try:
            yield peer
        finally:
            server.stop(grace=None).wait()


def _handlers(peer: Peer, service: ServiceDescriptor) -> grpc.GenericRpcHandler:
    def handler(method: MethodDescriptor) -> grpc.RpcMethodHandler:
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: peer.stream(method, request, context),
                request_deserializer=GetMessageClass(method.input_type).FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: peer.handle(method, request, context),
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    return grpc.method_handlers_generic_handler(
        service.full_name, {method.name: handler(method) for method in service.methods}
    )
