"""The description of a Zalo Official Account: which templates it sends, by whose right.

    kind = "zns"
    name = "zalo"                            # and what else provider_file.py reads
    channels = ["ZALO_ZNS"]
    app_id = "2074138120372622546"
    platforms = ["forum"]                    # whose brand the account bears; left out: all
    [secrets]
    app_secret = "/run/secrets/zalo-app-secret"
    refresh_token = "/run/secrets/zalo-refresh-token"
    webhook_secret = "/run/secrets/zalo-oa-secret"      # left out: receipts are not taken
    [templates.any]                          # or by purpose, such as ACCOUNT_VERIFICATION
    vi = "7895417a7d3f9461cd2e"
    [data]                                   # the parameters of the templates
    otp = "{code}"

Owns shape and checks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters import gateway_template
from xacthuc.otp.delivery.adapters.provider_file import ProviderFile, check_url, secret
from xacthuc.otp.delivery.ports import Channel
from xacthuc.policy import Purpose

MESSAGE_URL: Final = "https://business.openapi.zalo.me/message/template"
TOKEN_URL: Final = "https://oauth.zaloapp.com/v4/oa/access_token"  # noqa: S105 - an address

FIELDS: Final = frozenset({"brand", "code", "minutes"})
"""What a message offers the parameters of a template."""

ANY_PURPOSE: Final = "any"
FALLBACK_LOCALE: Final = "vi"

_ID = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)
_NEEDED_SECRETS: Final = ("app_secret", "refresh_token")
_SECRETS: Final = frozenset({*_NEEDED_SECRETS, "webhook_secret"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ZnsFile(ProviderFile):
    """One Official Account, reached through one application."""

    app_id: str
    templates: Mapping[str, Mapping[str, str]]
    """Template ids by purpose, or under `any`, and by locale; a locale that is not there is sent in Vietnamese."""
    data: Mapping[str, str]
    """What each parameter of the templates is filled with: `{code}`, `{brand}`, `{minutes}`."""
    secrets: Mapping[str, str] = field(repr=False)
    """Files by name; `read` puts their content here."""
    platforms: tuple[str, ...] = ()
    development: bool = False
    """Send to the account's administrators only, for a template that is being tried."""
    webhook_signer: str = ""
    """What Zalo signs receipts with in the first place; left out: the application's id."""
    timeout_seconds: float = 3.0
    """To connect, and again between bytes: a person waits."""
    message_url: str = MESSAGE_URL
    token_url: str = TOKEN_URL

    def __post_init__(self) -> None:
        """Checks what needs no file."""
        ProviderFile.__post_init__(self)
        if self.channels != (Channel.ZALO_ZNS.name,):
            raise ValueError(f"channels: an Official Account sends by {Channel.ZALO_ZNS.name} alone")
        if not _ID.fullmatch(self.app_id):
            raise ValueError("app_id: write the id of the application, as Zalo shows it")
        self._check_templates()
        self._check_secrets()
        if not 0 < self.timeout_seconds <= 10:  # noqa: PLR2004 - said in the message
            raise ValueError("timeout_seconds: write more than 0 and at most 10")
        check_url("message_url", self.message_url)
        check_url("token_url", self.token_url)

    def _check_templates(self) -> None:
        for purpose, locales in self.templates.items():
            if purpose != ANY_PURPOSE and purpose not in list(Purpose):
                raise ValueError(f"templates.{purpose}: write {ANY_PURPOSE} or one of {', '.join(Purpose)}")
            for locale, template in locales.items():
                if not _ID.fullmatch(template):
                    raise ValueError(f"templates.{purpose}.{locale}: write the id of a template")
        if not any(self.templates.values()):
            raise ValueError("templates: name one template at least")

    def _check_secrets(self) -> None:
        for name in _NEEDED_SECRETS:
            if name not in self.secrets:
                raise ValueError(f"secrets.{name}: is missing")
        for name in self.secrets:
            if name not in _SECRETS:
                raise ValueError(f"secrets.{name}: is not known; write {', '.join(sorted(_SECRETS))}")

    def template(self, purpose: str, locale: str) -> str | None:
        """Returns the id of the template for a message, or None when the account has none for it."""
        for locales in (self.templates.get(purpose, {}), self.templates.get(ANY_PURPOSE, {})):
            found = locales.get(locale) or locales.get(FALLBACK_LOCALE)
            if found:
                return found
        return None


def read(path: Path) -> ZnsFile:
    """Reads one file and the secrets it names. DataFileError names the file and the key at fault, never a secret."""
    try:
        described = datafile.decode(ZnsFile, datafile.read(path))
        gateway_template.check(dict(described.data), FIELDS, "data")
        if "code" not in gateway_template.used(dict(described.data)):
            raise DataFileError("data: {code} is filled in nowhere; the message would not say it")  # noqa: TRY301 - file named below
        secrets = {name: secret(name, file) for name, file in described.secrets.items()}
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
    object.__setattr__(described, "secrets", secrets)
    return described
