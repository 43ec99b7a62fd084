"""One RPC as it is served: its names, its kind, and who may call it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.message_factory import GetMessageClass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
    from google.protobuf.message import Message

    from xacthuc.credentials.scopes import Scope
    from xacthuc.credentials.staff import Role


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Method:
    """What the endpoint needs to know of an RPC, settled when it is registered."""

    service: str
    """Short name, `OtpService`: unique in this product, and a metric label."""
    name: str
    path: str
    """`/xacthuc.api.otp.v1.OtpService/CheckCode`."""
    request: type[Message]
    response: type[Message]
    streams_requests: bool
    streams_responses: bool
    scopes: frozenset[Scope] = frozenset()
    """A platform key needs one of these. Empty on the internal port."""
    peers: frozenset[str] = frozenset()
    """Services that may call it. Empty on the public port; on the internal one empty means nobody."""
    roles: frozenset[Role] = frozenset()
    """An operator needs one of these. Empty where no operator is asked for."""
    span_attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        descriptor: MethodDescriptor,
        *,
        scopes: frozenset[Scope] = frozenset(),
        peers: frozenset[str] = frozenset(),
        roles: frozenset[Role] = frozenset(),
    ) -> Method:
        """Reads an RPC's descriptor."""
        service = descriptor.containing_service
        return cls(
            service=service.name,
            name=descriptor.name,
            path=f"/{service.full_name}/{descriptor.name}",
            request=GetMessageClass(descriptor.input_type),
            response=GetMessageClass(descriptor.output_type),
            streams_requests=descriptor.client_streaming,
            streams_responses=descriptor.server_streaming,
            scopes=scopes,
            peers=peers,
            roles=roles,
            span_attributes={
                "rpc.system.name": "grpc",
                "rpc.method": f"{service.full_name}/{descriptor.name}",
            },
        )


def behaviours(
    descriptor: ServiceDescriptor, servicer: object, names: Collection[str] | None = None
) -> dict[str, Callable[..., Any]]:
    """Returns the servicer's method for every RPC of a contract, or for `names` of them.

    ValueError naming all that are missing or of the wrong kind.

    A servicer does not inherit from generated code, whose signature would force gRPC's context on it; this check at
    the start takes the place of the base class.
    """
    found: dict[str, Callable[..., Any]] = {}
    faults: list[str] = []
    for method in descriptor.methods:
        if names is not None and method.name not in names:
            continue
        behaviour = getattr(servicer, method.name, None)
        fits = inspect.isasyncgenfunction if method.server_streaming else inspect.iscoroutinefunction
        if behaviour is None:
            faults.append(f"{method.name} is missing")
        elif not fits(behaviour):
            kind = "an async generator" if method.server_streaming else "a coroutine"
            faults.append(f"{method.name} must be {kind} function")
        else:
            found[method.name] = behaviour
    if faults:
        raise ValueError(f"{type(servicer).__name__} cannot serve {descriptor.full_name}: {'; '.join(faults)}")
    return found


def refuse_unknown(descriptor: ServiceDescriptor, table: Mapping[str, object]) -> None:
    """ValueError when a table of methods names one that the contract does not have: a typo would open or close it."""
    unknown = sorted(set(table) - {method.name for method in descriptor.methods})
    if unknown:
        raise ValueError(f"{descriptor.full_name} has no method {', '.join(unknown)}")


def refuse_streams(descriptor: ServiceDescriptor, table: Mapping[str, object]) -> None:
    """ValueError when a table that is for calls of one request and one answer names a method that streams."""
    streams = sorted(
        method.name
        for method in descriptor.methods
        if method.name in table and (method.client_streaming or method.server_streaming)
    )
    if streams:
        raise ValueError(f"{descriptor.full_name}: {', '.join(streams)} streams, so nothing can be done first")
