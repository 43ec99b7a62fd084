"""Operators at work: an identity provider of the staff's own, and what each calls with the session they have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc.aio
import oidc_provider
from identity_process import IdentityProcess
from oidc_provider import OpenIdProvider

from xacthuc.api.identity.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    approval_admin_pb2,
    approval_admin_pb2_grpc,
    lock_admin_pb2,
    lock_admin_pb2_grpc,
    staff_admin_pb2,
    staff_admin_pb2_grpc,
)
from xacthuc.credentials.break_glass import FILE, BreakGlass
from xacthuc.grpckit.tls import TlsFiles

PORT = 7499
"""Where a browser would come back to; nobody listens, since the test reads the redirect itself."""
GROUPS = """
[staff]
groups = "groups"
officer = ["compliance"]
admin = ["admins"]
ops = ["operations"]
"""


def provider_file(directory: Path, issuer: str, membership: str = "", **lines: str) -> Path:
    """Writes the file by which identity uses the staff's provider."""
    (directory / "staff-secret").write_text(oidc_provider.SECRET + "\n")
    said = {
        "kind": '"oidc"',
        "name": '"staff"',
        "issuer": f'"{issuer}"',
        "redirect_uris": '["http://127.0.0.1/xacthuc"]',
        "scopes": '["openid", "staff"]',
        **lines,
    }
    client = f'[client]\nid = "staff"\nmethod = "client_secret_basic"\nfile = "{directory / "staff-secret"}"\n'
    path = directory / "staff.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in said.items()) + f"\n{client}{membership}")
    return path


def in_production(process: IdentityProcess, issuer: str, membership: str = "", **settings: str) -> str:
    """Prepares a process as a deployment has it; returns the secret for emergencies."""
    secret, kept = BreakGlass.new()
    (process.keys / FILE).write_text(kept.line)
    process.environment |= {
        "XACTHUC_ENVIRONMENT": "production",
        "XACTHUC_PUBLIC_PLAINTEXT": "true",
        "XACTHUC_STAFF_PROVIDER_FILE": str(provider_file(process.keys, issuer, membership)),
        **settings,
    }
    return secret


@dataclass
class Desk:
    """The administrative services as one operator calls them, or somebody without a session."""

    channel: grpc.aio.Channel
    secret: str = ""
    session: str = ""

    async def call(self, stub: Any, method: str, request: Any) -> Any:
        """Calls a method with the session."""
        metadata = (("authorization", f"Bearer {self.secret}"),) if self.secret else ()
        return await getattr(stub(self.channel), method)(request, metadata=metadata, timeout=10)

    async def staff(self, method: str, **fields: Any) -> Any:
        """Calls StaffAdmin; writes get a request id of their own."""
        return await self.call(staff_admin_pb2_grpc.StaffAdminStub, method, _request(staff_admin_pb2, method, fields))

    async def approvals(self, method: str, **fields: Any) -> Any:
        """Calls ApprovalAdmin."""
        request = _request(approval_admin_pb2, method, fields)
        return await self.call(approval_admin_pb2_grpc.ApprovalAdminStub, method, request)

    async def locks(self, method: str, **fields: Any) -> Any:
        """Calls LockAdmin."""
        return await self.call(lock_admin_pb2_grpc.LockAdminStub, method, _request(lock_admin_pb2, method, fields))

    async def admin(self, method: str, **fields: Any) -> Any:
        """Calls IdentityAdmin."""
        return await self.call(admin_pb2_grpc.IdentityAdminStub, method, _request(admin_pb2, method, fields))

    async def propose_destruction(self, platform: str, account: str, **fields: Any) -> Any:
        """Proposes to destroy what is kept of an account."""
        act = approval_admin_pb2.Act(
            key_destruction=approval_admin_pb2.KeyDestruction(account=f"accounts/{account}", basis="order 12/2026")
        )
        return await self.approvals(
            "CreateApproval", platform=f"platforms/{platform}", act=act, reason="court order 12/2026", **fields
        )


@dataclass
class Staff:
    """Who operates one process."""

    process: IdentityProcess
    provider: OpenIdProvider
    channel: grpc.aio.Channel
    break_glass: str

    @property
    def nobody(self) -> Desk:
        """Somebody without a session."""
        return Desk(self.channel)

    async def redirect(self, person: str, **claims: Any) -> dict[str, str]:
        """Begins a sign-in and has a person carry it on at the provider; returns what their browser comes back with."""
        self.provider.set(account=person, person={"name": person.title(), **claims})
        begun = await self.nobody.staff("BeginSignIn", port=PORT)
        where, redirect = await oidc_provider.signed_in(begun.authorization_uri)
        assert where == begun.redirect_uri == f"http://127.0.0.1:{PORT}/xacthuc"
        assert redirect["state"] == begun.state
        return redirect

    async def complete(self, redirect: dict[str, str]) -> Desk:
        """Ends a sign-in."""
        return self._desk(await self.nobody.staff("CompleteSignIn", **redirect))

    async def sign_in(self, person: str, **claims: Any) -> Desk:
        """Signs a person in."""
        return await self.complete(await self.redirect(person, **claims))

    async def emergency(self, secret: str = "", **fields: Any) -> Desk:
        """Signs in with the secret for emergencies."""
        reason = fields.pop("reason", "the provider is down")
        return self._desk(
            await self.nobody.staff("SignInBreakGlass", secret=secret or self.break_glass, reason=reason, **fields)
        )

    def _desk(self, made: staff_admin_pb2.SignInResponse) -> Desk:
        return Desk(self.channel, made.secret, made.session.name)


def channel_of(process: IdentityProcess, service: str = "identity") -> grpc.aio.Channel:
    """Opens the internal port as the command line does."""
    credentials = TlsFiles(process.tls, "cli").channel_credentials()
    options = [("grpc.ssl_target_name_override", service), ("grpc.initial_reconnect_backoff_ms", 50)]
    return grpc.aio.secure_channel(process.internal, credentials, options=options)


def _request(module: Any, method: str, fields: dict[str, Any]) -> Any:
    kind = getattr(module, f"{method}Request")
    if "request_id" in kind.DESCRIPTOR.fields_by_name:
        fields = {"request_id": str(uuid4()), **fields}
    return kind(**fields)
