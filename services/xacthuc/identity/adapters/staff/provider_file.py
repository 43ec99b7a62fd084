"""The description of the staff's identity provider: the file of `oidc/provider_file.py` with a table of its own.

kind = "oidc"
name = "staff"
issuer = "https://login.company.example"
redirect_uris = ["http://127.0.0.1/xacthuc"]     # one, of this machine; without a port it stands for any
scopes = ["openid", "profile", "email", "groups"]
[client]
...
[staff]
display_name = "name"                            # claim -> what colleagues call them
email = "email"                                  # believed with `email_verified` alone
groups = "groups"                                # left out: who was invited is let in, with the roles of invitations
officer = ["xacthuc-compliance"]                 # the groups that give a role
admin = ["xacthuc-admins"]
ops = ["xacthuc-operations"]
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from xacthuc import datafile
from xacthuc.credentials.staff import Role
from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.oidc import provider_file
from xacthuc.identity.adapters.oidc.provider_file import ProviderFile

_LOOPBACK = {"127.0.0.1", "::1"}
"""RFC 8252 section 8.3 advises against `localhost`, which may be another machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Which claims say who somebody is here."""

    display_name: str = "name"
    email: str = "email"
    groups: str = ""
    officer: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    ops: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses a table that lets nobody in, or says nothing."""
        if bool(self.groups) != bool(self.officer or self.admin or self.ops):
            raise ValueError("groups: name the claim together with the groups that give a role, or leave out both")

    @property
    def table(self) -> dict[Role, tuple[str, ...]]:
        """Returns the groups that give each role."""
        return {Role.OFFICER: self.officer, Role.ADMIN: self.admin, Role.OPS: self.ops}


@dataclass(frozen=True, slots=True)
class StaffProviderFile:
    """The provider, and who its people are here."""

    described: ProviderFile
    membership: Membership


def read(path: Path) -> StaffProviderFile:
    """Reads the file and the credential it names. DataFileError names the file and the key at fault, never a secret."""
    table = datafile.read(path)
    own = table.pop("staff", {})
    described = provider_file.understood(path, {"claims": {}, **table})
    try:
        membership = datafile.decode(Membership, own, "staff")
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
    if len(described.redirect_uris) != 1 or urlsplit(described.redirect_uris[0]).hostname not in _LOOPBACK:
        raise DataFileError(f"{path}: redirect_uris: name one, of this machine: http://127.0.0.1/xacthuc")
    return StaffProviderFile(described, membership)
