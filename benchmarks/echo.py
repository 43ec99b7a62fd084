"""The bare server: grpc.aio on uvloop with nothing around its methods, and the very messages of ours.

It parses the request and serializes an answer, as every service does, and no more: what it costs per call is the floor
for any service of this contract in Python. A third method leaves even that out, to show how much it is.

    python benchmarks/echo.py PORT CHECK_CODE_ANSWER CHECK_ACTION_ANSWER [CLEARANCE]

Answers are real ones, captured before, in hexadecimal.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import uvloop

from xacthuc.api.identity.v1 import resources_pb2 as identity_resources_pb2
from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2 as livestream_resources_pb2
from xacthuc.api.livestream.v1 import service_pb2 as livestream_pb2
from xacthuc.api.otp.v1 import service_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SERVICE = "benchmarks.Echo"


def _answering(answer: Any) -> Callable[[Any, Any], Awaitable[Any]]:
    async def serve(_request: Any, _context: Any) -> Any:
        return answer

    return serve


async def serve(port: int, check_code: bytes, check_action: bytes, authorize: bytes = b"") -> None:
    """Serves until it is killed."""
    checked = service_pb2.CheckCodeResponse.FromString(check_code)
    decision = identity_resources_pb2.Decision.FromString(check_action)
    clearance = livestream_resources_pb2.Clearance.FromString(authorize)
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "CheckCode": grpc.unary_unary_rpc_method_handler(
            _answering(checked), service_pb2.CheckCodeRequest.FromString, checked.__class__.SerializeToString
        ),
        "CheckAction": grpc.unary_unary_rpc_method_handler(
            _answering(decision), identity_pb2.CheckActionRequest.FromString, decision.__class__.SerializeToString
        ),
        "AuthorizeBroadcast": grpc.unary_unary_rpc_method_handler(
            _answering(clearance),
            livestream_pb2.AuthorizeBroadcastRequest.FromString,
            clearance.__class__.SerializeToString,
        ),
        "Bytes": grpc.unary_unary_rpc_method_handler(_answering(check_code)),
    }
    server = grpc.aio.server()
    server.add_registered_method_handlers(SERVICE, handlers)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    # As our own servers do: what exists now lives as long as the process.
    gc.collect()
    gc.freeze()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), *map(bytes.fromhex, sys.argv[2:])))
