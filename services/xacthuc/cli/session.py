"""Reaches the services a command needs: from options, else the environment, else what `xacthuc up` wrote down.

The modules that speak gRPC are imported when a command first calls a service, so that `xacthuc --help` stays quick.
"""

# ruff: noqa: PLC0415 - see above; this is the one file that pays for it

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xacthuc.cli.failure import EXIT_UNREACHABLE, EXIT_USAGE, CommandFailed
from xacthuc.cli.kept_session import KeptSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from xacthuc.client import Xacthuc
    from xacthuc.client.calls import Call
    from xacthuc.client.endpoint import Endpoint
    from xacthuc.client.transport import BlockingTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What the command line and the environment say; empty means: as `xacthuc up` wrote it down."""

    data: Path
    otp: str = ""
    otp_admin: str = ""
    identity_admin: str = ""
    guardian_admin: str = ""
    livestream_admin: str = ""
    backfill_admin: str = ""
    tls: Path | None = None
    key: str = ""
    key_file: Path | None = None
    staff_session: Path | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """An open channel to one service. Answers come as the contract's JSON."""

    transport: BlockingTransport
    address: str
    option: str

    def ask(self, call: Call[Any]) -> dict[str, Any]:
        """Sends a call; CommandFailed, with advice, when it fails."""
        with self._advising():
            return self.transport.send(replace(call, read=_as_json))

    def stream(self, call: Call[Any]) -> Iterator[dict[str, Any]]:
        """Yields the answers of one stream; CommandFailed when it fails."""
        with self._advising():
            yield from self.transport.stream(replace(call, read=_as_json))

    def messages(self, call: Call[Any]) -> Iterator[Any]:
        """Yields the answers of one stream as they are, for whoever looks at every byte; CommandFailed when it fails."""
        with self._advising():
            yield from self.transport.stream(call)

    @contextmanager
    def _advising(self) -> Iterator[None]:
        from xacthuc.cli.refusals import refused
        from xacthuc.client import XacthucError

        try:
            yield
        except XacthucError as error:
            raise refused(error, address=self.address, option=self.option) from None

    def ask_all(self, page: Callable[[str], Call[Any]], field: str) -> list[Any]:
        """Sends the calls that `page` makes of page tokens, until the last page; returns what `field` holds in all."""
        found: list[Any] = []
        token = ""
        while True:
            answer = self.ask(page(token))
            found += answer[field]
            token = answer["next_page_token"]
            if not token:
                return found


class Session:
    """One command's way to the services."""

    def __init__(self, where: Whereabouts) -> None:
        self._where = where

    @property
    def data(self) -> Path:
        """The data directory of `xacthuc up`."""
        return self._where.data

    @property
    def kept(self) -> KeptSession:
        """The operator's session between commands."""
        where = self._where
        return KeptSession.beside(where.data) if where.staff_session is None else KeptSession(where.staff_session)

    @contextmanager
    def otp(self) -> Iterator[Service]:
        """Opens OtpService with a platform's key."""
        from xacthuc.client.endpoint import channel_credentials, retry_policy
        from xacthuc.client.otp import SERVICE

        address = self._where.otp or self._noted("otp", "--otp")
        credentials = channel_credentials(address, root_certificates=None, insecure=False)
        metadata = (("authorization", f"Bearer {self._key()}"), ("accept-language", "en"))
        with self._open(address, credentials, retry_policy(SERVICE), metadata, "--otp") as service:
            yield service

    @contextmanager
    def otp_admin(self, platform: str = "") -> Iterator[Service]:
        """Opens OtpAdmin over mutual TLS; `platform` is whose number or challenge a call is about, where it matters."""
        address = self._where.otp_admin or self._noted("otp_internal", "--otp-admin")
        metadata = (("x-xacthuc-platform", platform),) if platform else ()
        with self._open(address, self._certificate(), "", (*metadata, *self._staff()), "--otp-admin") as service:
            yield service

    def outcomes(self) -> Iterator[Any]:
        """Yields responses of WatchOutcomes, from the oldest outcome kept on and for ever."""
        from xacthuc.cli.adapters.otp_outcomes_client import watch
        from xacthuc.cli.refusals import refused
        from xacthuc.client import XacthucError

        address = self._where.otp_admin or self._noted("otp_internal", "--otp-admin")
        try:
            yield from watch(self._endpoint(address, self._certificate(), "", ()))
        except XacthucError as error:
            raise refused(error, address=address, option="--otp-admin") from None

    @contextmanager
    def identity_admin(self, *, signed_in: bool = True) -> Iterator[Service]:
        """Opens identity's administrative services over mutual TLS, with the operator's session where there is one."""
        address = self._where.identity_admin or self._noted("identity_internal", "--identity-admin")
        metadata = self._staff() if signed_in else ()
        with self._open(address, self._certificate(), "", metadata, "--identity-admin") as service:
            yield service

    def identity_imports(self, platform: str) -> tuple[Endpoint, str]:
        """Returns where the accounts of a platform are imported, and the option that names another place."""
        option = "--identity-admin"
        address = self._where.identity_admin or self._noted("identity_internal", option)
        return self._endpoint(address, self._certificate(), "", (("x-xacthuc-platform", platform),)), option

    @contextmanager
    def guardian_admin(self) -> Iterator[Service]:
        """Opens GuardianAdmin over mutual TLS, with the operator's session."""
        address = self._where.guardian_admin or self._noted("guardian_internal", "--guardian-admin")
        with self._open(address, self._certificate(), "", self._staff(), "--guardian-admin") as service:
            yield service

    @contextmanager
    def livestream_admin(self) -> Iterator[Service]:
        """Opens LivestreamAdmin over mutual TLS, with the operator's session."""
        address = self._where.livestream_admin or self._noted("livestream_internal", "--livestream-admin")
        with self._open(address, self._certificate(), "", self._staff(), "--livestream-admin") as service:
            yield service

    @contextmanager
    def backfill_admin(self) -> Iterator[Service]:
        """Opens BackfillAdmin over mutual TLS, with the operator's session."""
        address = self._where.backfill_admin or self._noted("backfill_internal", "--backfill-admin")
        with self._open(address, self._certificate(), "", self._staff(), "--backfill-admin") as service:
            yield service

    def inbox(self) -> Path:
        """Returns the file of the development inbox, which is there only after a first message."""
        return self.data / "inbox.jsonl"

    @contextmanager
    def sandbox(self) -> Iterator[Xacthuc]:
        """Opens the services of the stack that runs here as its platform; CommandFailed for a key of production."""
        from xacthuc.cli.refusals import refused
        from xacthuc.client import Xacthuc, XacthucError
        from xacthuc.credentials.key import DEVELOPMENT_PREFIX

        key = self._key()
        if not key.startswith(DEVELOPMENT_PREFIX):
            raise CommandFailed(
                "the sandbox is open to development alone, and this platform key is not a development key",
                advice="Use the stack that `make run` starts; its key begins with xt_dev_.",
                exit_status=EXIT_USAGE,
            )
        otp, identity, guardian = (self._noted(each, "--data") for each in ("otp", "identity", "guardian"))
        with Xacthuc(key=key, otp=otp, identity=identity, guardian=guardian, language="en") as client:
            try:
                yield client
            except XacthucError as error:
                raise refused(error, address=guardian, option="--data") from None

    @contextmanager
    def _open(
        self, address: str, credentials: Any, policy: str, metadata: tuple[tuple[str, str], ...], option: str
    ) -> Iterator[Service]:
        from xacthuc.client.transport import BlockingTransport

        transport = BlockingTransport(self._endpoint(address, credentials, policy, metadata))
        try:
            yield Service(transport, address, option)
        finally:
            transport.close()

    def _endpoint(self, address: str, credentials: Any, policy: str, metadata: tuple[tuple[str, str], ...]) -> Endpoint:
        from xacthuc.client.clients import TIMEOUT
        from xacthuc.client.endpoint import Endpoint

        return Endpoint(address, credentials, policy, metadata, TIMEOUT)

    def _staff(self) -> tuple[tuple[str, str], ...]:
        secret = self.kept.secret()
        return (("authorization", f"Bearer {secret}"),) if secret else ()

    def _noted(self, name: str, option: str) -> str:
        """Returns what the running stack wrote down, such as its addresses."""
        path = self._where.data / "up.json"
        try:
            return str(json.loads(path.read_text("utf-8"))[name])
        except FileNotFoundError:
            raise CommandFailed(
                f"nothing is running here: there is no {path}",
                advice=f"Start it with `make run`, or say where the services are: {option} HOST:PORT",
                exit_status=EXIT_UNREACHABLE,
            ) from None

    def _key(self) -> str:
        if self._where.key:
            return self._where.key
        if self._where.key_file is not None:
            return self._read(self._where.key_file, "--key-file").decode().strip()
        path = self._where.data / "demo.json"
        try:
            return str(json.loads(path.read_text("utf-8"))["secret"])
        except FileNotFoundError:
            raise CommandFailed(
                "no platform key is at hand",
                advice="Set XACTHUC_KEY, or --key-file, to a key with the scope otp: xacthuc keys create PLATFORM",
                exit_status=EXIT_USAGE,
            ) from None

    def _certificate(self) -> Any:
        import grpc

        tls = self._where.tls or self._where.data / "tls"
        ca, key, certificate = (self._read(tls / name, "--tls") for name in ("ca.pem", "cli.key", "cli.pem"))
        return grpc.ssl_channel_credentials(ca, key, certificate)

    def _read(self, path: Path, option: str) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise CommandFailed(
                f"{path} cannot be read: {error.strerror}",
                advice=f"Name another place with {option}; `make run` makes one below the data directory.",
                exit_status=EXIT_USAGE,
            ) from None


def _as_json(message: Any) -> dict[str, Any]:
    """Returns a message as the contract's JSON, with its own field names and nothing left out."""
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
