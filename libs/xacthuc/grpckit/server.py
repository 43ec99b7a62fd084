"""Builds and runs the gRPC servers of a process: a public port for platforms, an internal one for services.

    server = (
        ServerBuilder("otp", settings, telemetry, keys=keys, translations={StoreUnavailable: store_unavailable})
        .public(service_of(service_pb2, "OtpService"), OtpServicer(...), scopes=Scope.OTP)
        .internal(
            service_of(internal_pb2, "OtpInternal"),
            OtpInternalServicer(...),
            allow={"RedeemProof": {"identity"}, "WatchOutcomes": {"identity"}},
        )
        .build()
    )
    await server.run()  # inside `runtime.run(main())`

Owns registration. What happens to one call is in `endpoint.py`, the life of the ports in `ports.py`. Two servers, not
one with two ports, since gRPC cannot keep a service off a port.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.admission import Admission
from xacthuc.grpckit.endpoint import Endpoint, Steps
from xacthuc.grpckit.gates import COMMAND_LINE, KeyGate, PeerGate
from xacthuc.grpckit.method import Method, behaviours, refuse_streams, refuse_unknown
from xacthuc.grpckit.observer import Observer
from xacthuc.grpckit.peers import PeerCertificates
from xacthuc.grpckit.ports import Port, Server, probe_port
from xacthuc.grpckit.streams import Streams
from xacthuc.grpckit.tls import TlsFiles, life_of, public_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    import grpc
    from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor

    from xacthuc.credentials.directory import KeyDirectory
    from xacthuc.credentials.session_directory import SessionDirectory
    from xacthuc.credentials.staff import Role
    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.errors import XacthucError
    from xacthuc.grpckit.validation import Rules, Shortcuts
    from xacthuc.settings import Settings
    from xacthuc.telemetry.start import Telemetry

DEADLINE_CEILING: Final = timedelta(seconds=5)
"""The longest a unary call may take, and what a call without a deadline gets."""

PUBLIC_REQUEST_BYTES: Final = 64 * 1024
"""Of a public request; the largest the contract allows is far below. Beyond it gRPC answers RESOURCE_EXHAUSTED."""

INTERNAL_REQUEST_BYTES: Final = 4 * 1024 * 1024
"""Of an internal request: gRPC's own default, room for an import batch of 1 000 accounts."""

MAXIMUM_STREAMS: Final = 5_000
"""Streams open at once; 22 KiB each were measured."""

_ADMINISTRATIVE: Final = "Admin"
"""What the names of contracts for operators end with."""

_LONGEST_NOTICE: Final = timedelta(seconds=5)
"""Kubernetes takes a terminating pod out of its endpoints within about this."""


def service_of(module: object, name: str) -> ServiceDescriptor:
    """Returns the descriptor of a service of a generated module; KeyError when it has none of that name."""
    file: FileDescriptor = module.DESCRIPTOR  # type: ignore[attr-defined]  # every generated module has one
    return file.services_by_name[name]


class ServerBuilder:
    """Collects what a process serves. Mistakes in a registration are raised here, before anything listens."""

    def __init__(
        self,
        service: str,
        settings: Settings,
        telemetry: Telemetry,
        *,
        keys: KeyDirectory | None = None,
        staff: SessionDirectory | None = None,
        translations: Mapping[type[BaseException], Callable[[Any], XacthucError]] | None = None,
        deadline_ceiling: timedelta = DEADLINE_CEILING,
        streams: Streams | None = None,
        shortcuts: Shortcuts | None = None,
        rules: Rules | None = None,
    ) -> None:
        """`service` names the process and its certificate; public services need `keys`, administrative ones `staff`.

        `translations` turns exceptions of libraries (a store that is down) into errors of `errors.py`, by class;
        `shortcuts` spare large and hot requests the rules, see `validation.py`; `rules` takes the place of those that the
        contract states, for a process that serves a method of one field.
        """
        self._service = service
        self._settings = settings
        self._telemetry = telemetry
        self._admission = Admission(settings.maximum_concurrent_rpcs, MAXIMUM_STREAMS)
        telemetry.metrics.slots("calls", settings.maximum_concurrent_rpcs, lambda: self._admission.calls)
        telemetry.metrics.slots("streams", MAXIMUM_STREAMS, lambda: self._admission.streams)
        self._streams = streams or Streams()
        steps = Steps(
            observer=Observer(telemetry, settings.log_level),
            admission=self._admission,
            validator=rules or _stated_rules(shortcuts),
            streams=self._streams,
            translations=translations or {},
            ceiling_seconds=deadline_ceiling.total_seconds(),
        )
        self._public_endpoint = Endpoint(KeyGate(keys, telemetry.tracer), steps) if keys is not None else None
        self._staff = staff
        peers = PeerCertificates(settings.tls_directory)
        self._internal_endpoint = Endpoint(
            PeerGate(peers, telemetry.tracer, staff, development=settings.development), steps
        )
        self._public: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
        self._internal: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}

    def public(
        self,
        descriptor: ServiceDescriptor,
        servicer: object,
        *,
        scopes: Scope | Mapping[str, Collection[Scope]],
        only: Collection[str] | None = None,
    ) -> Self:
        """Serves a contract to platforms. `scopes` is what a key must hold: one, or per method any of several.

        `only` is for a process that serves some of its methods; the others are answered with UNIMPLEMENTED. ValueError
        when the servicer or the table lacks a method, or names one the contract does not have.
        """
        if self._public_endpoint is None:
            raise ValueError("a public service needs the directory of platform keys")
        table = {m.name: {scopes} for m in descriptor.methods} if isinstance(scopes, Scope) else scopes
        refuse_unknown(descriptor, table)
        refuse_unknown(descriptor, dict.fromkeys(only or ()))
        served = behaviours(descriptor, servicer, only)
        self._public[descriptor.full_name] = {
            method.name: self._public_endpoint.handler(
                Method.of(method, scopes=_scopes_of(method.name, table)), served[method.name]
            )
            for method in descriptor.methods
            if method.name in served
        }
        return self

    def internal(
        self, descriptor: ServiceDescriptor, servicer: object, *, allow: Mapping[str, Collection[str]]
    ) -> Self:
        """Serves a contract to other services. `allow` lists the peers per method; a method without any is closed.

        ValueError when the servicer lacks a method, or the table names one the contract does not have.
        """
        if descriptor.name.endswith(_ADMINISTRATIVE):
            raise ValueError(f"{descriptor.full_name} is for operators: register it with `admin`, which asks for roles")
        refuse_unknown(descriptor, allow)
        return self._serve_internally(descriptor, servicer, allow, {}, {})

    def admin(
        self,
        descriptor: ServiceDescriptor,
        servicer: object,
        *,
        roles: Mapping[str, Collection[Role]],
        first: Mapping[str, Callable[[Any, Call], Awaitable[None]]] | None = None,
    ) -> Self:
        """Serves a contract to operators, who call by the command line. `roles` lists, per method, those that may call it.

        An empty list asks for no operator, which is for signing in alone. `first` is what some methods do with a checked
        request before they answer, such as writing down who asks. ValueError when the servicer or the table of roles
        lacks a method, a table names one the contract does not have, or `first` one that streams: there is no one request
        before which, and no one answer.
        """
        refuse_unknown(descriptor, roles)
        refuse_unknown(descriptor, first or {})
        refuse_streams(descriptor, first or {})
        if missing := sorted(method.name for method in descriptor.methods if method.name not in roles):
            raise ValueError(f"{descriptor.full_name} has no roles for {', '.join(missing)}: who may call them?")
        if self._staff is None:
            raise ValueError("an administrative service needs the directory of the staff's sessions")
        allow = {method.name: {COMMAND_LINE} for method in descriptor.methods}
        return self._serve_internally(descriptor, servicer, allow, roles, first or {})

    def _serve_internally(
        self,
        descriptor: ServiceDescriptor,
        servicer: object,
        allow: Mapping[str, Collection[str]],
        roles: Mapping[str, Collection[Role]],
        first: Mapping[str, Callable[[Any, Call], Awaitable[None]]],
    ) -> Self:
        served = behaviours(descriptor, servicer)
        for name, step in first.items():
            served[name] = _after(step, served[name])
        self._internal[descriptor.full_name] = {
            method.name: self._internal_endpoint.handler(
                Method.of(
                    method,
                    peers=frozenset(allow.get(method.name, ())),
                    roles=frozenset(roles.get(method.name, ())),
                ),
                served[method.name],
            )
            for method in descriptor.methods
        }
        return self

    def build(self) -> Server:
        """Returns the server, which does not listen yet; OSError when a certificate is missing or cannot be read."""
        settings = self._settings
        ports = {}
        if self._public:
            plaintext = settings.development or settings.public_plaintext
            files = public_files(settings.tls_directory, self._service, plaintext=plaintext)
            credentials = None if files is None else files.public_credentials()
            if files is not None:
                self._telemetry.metrics.certificate("public", life_of(files))
            ports["public"] = Port(settings.public_address, self._public, PUBLIC_REQUEST_BYTES, credentials)
        if self._internal:
            files = TlsFiles(settings.tls_directory, self._service)
            credentials = files.server_credentials()
            self._telemetry.metrics.certificate("internal", life_of(files))
            ports["internal"] = Port(settings.internal_address, self._internal, INTERNAL_REQUEST_BYTES, credentials)
        if settings.health_address:
            ports["health"] = probe_port(settings.health_address)
        drain = timedelta(seconds=settings.drain_seconds)
        notice = notice_of(settings)
        return Server(ports, self._streams, grace=drain - notice, notice=notice)


def notice_of(settings: Settings) -> timedelta:
    """Returns how long readiness is down before a drain begins, which is a part of the drain.

    Routers need a moment to hear of it; on one machine nobody listens.
    """
    return timedelta(0) if settings.development else min(_LONGEST_NOTICE, timedelta(seconds=settings.drain_seconds) / 5)


def _stated_rules(shortcuts: Shortcuts | None) -> Rules:
    # Imported where it is needed: the engine of rules is 12 MiB, and a process with rules of its own does without.
    from xacthuc.grpckit.validation import RequestValidator  # noqa: PLC0415

    return RequestValidator(shortcuts)


def _after(
    step: Callable[[Any, Call], Awaitable[None]], behaviour: Callable[[Any, Call], Awaitable[Any]]
) -> Callable[[Any, Call], Awaitable[Any]]:
    async def serve(request: Any, call: Call) -> Any:
        await step(request, call)
        return await behaviour(request, call)

    return serve


def _scopes_of(method: str, table: Mapping[str, Collection[Scope]]) -> frozenset[Scope]:
    scopes = frozenset(table.get(method, ()))
    if not scopes:
        raise ValueError(f"{method} has no scope: nobody could call it")
    return scopes
