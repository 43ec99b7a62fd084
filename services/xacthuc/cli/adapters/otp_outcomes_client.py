"""The stream of OtpInternal that tells what became of challenges and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.client.failures import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xacthuc.client.endpoint import Endpoint

_PATH: Final = "/xacthuc.api.otp.v1.OtpInternal/WatchOutcomes"


def watch(endpoint: Endpoint) -> Iterator[Any]:
    """Yields responses from the oldest outcome kept on, for ever; an empty one when nothing has happened for a while.

    Raises an error of `xacthuc.client`.
    """
    channel = endpoint.open(grpc)
    method = channel.unary_stream(
        _PATH,
        request_serializer=internal_pb2.WatchOutcomesRequest.SerializeToString,
        response_deserializer=internal_pb2.WatchOutcomesResponse.FromString,
    )
    try:
        yield from method(internal_pb2.WatchOutcomesRequest(), metadata=endpoint.metadata)
    except grpc.RpcError as error:
        raise error_of(error, request_id="") from None
    finally:
        channel.close()
