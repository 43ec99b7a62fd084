"""From a code to claims that are believed: the requests to one provider, in their order. Keeps what it publishes.

Owns the protocol. Whether to ask at all, and what the rest of the service is told, is sign_in.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.oidc import id_token, metadata, signatures
from xacthuc.identity.adapters.oidc.causes import Cause, Disbelieved, Doubt, Unusable
from xacthuc.identity.adapters.oidc.client_auth import authenticator
from xacthuc.identity.adapters.oidc.kept import Kept
from xacthuc.identity.adapters.oidc.provider_file import UserInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.oidc.metadata import Metadata
    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile
    from xacthuc.identity.adapters.oidc.signatures import Header, KeySet, PublicKey
    from xacthuc.identity.adapters.oidc.transport import Answer, Transport
    from xacthuc.identity.ports.eid import Flow

_CODE: Final = re.compile(r"[\x20-\x7e]{1,4096}")
"""RFC 6749 appendix A.11."""
_BEARER: Final = re.compile(r"[A-Za-z0-9\-._~+/]{1,8192}=*")
"""RFC 6750 section 2.1. It goes into a header."""
_JWT_TYPES: Final = frozenset({"application/jwt", "application/jose"})


@dataclass(frozen=True, slots=True)
class Believed:
    """What a provider says of who signed in, all of it signed for this flow or come for its token."""

    subject: str = field(repr=False)
    told: tuple[Mapping[str, object], ...] = field(repr=False)
    """The claims of the ID token, and after it those of UserInfo."""
    id_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Tokens:
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


class Exchange:
    """One provider's protocol. Everything raises Unusable or Disbelieved, and nothing else."""

    def __init__(self, described: ProviderFile, transport: Transport, clock: Clock) -> None:
        """Asks through `transport`."""
        self._described = described
        self._transport = transport
        self._clock = clock
        self._authenticate = authenticator(described)
        self._metadata = Kept(self._fetch_metadata, clock, life_ms=metadata.LIFE_MS)
        self._keys = Kept(self._fetch_keys, clock, life_ms=signatures.KEYS_LIFE_MS)

    def known_endpoint(self) -> str | None:
        """Returns where people are sent, if that is known without asking."""
        return known.authorization_endpoint if (known := self._metadata.fresh()) else None

    async def authorization_endpoint(self) -> str:
        """Returns where people are sent."""
        return (await self._metadata.get()).authorization_endpoint

    async def believed(self, flow: Flow, code: str) -> Believed:
        """Exchanges the code and returns what is believed."""
        where = await self._metadata.get()
        # Before the code is spent: what can fail without it should.
        await self._keys.get()
        tokens = await self._tokens(where, flow, code)
        header, claims = await self._signed(tokens.id_token)
        expected = id_token.Expected(self._described, flow.nonce, self._clock.now_ms() / 1000)
        subject = id_token.subject_of(claims, expected)
        told = [claims]
        if self._described.userinfo is not UserInfo.NONE:
            id_token.check_access_token(claims, tokens.access_token, header.algorithm)
            told.append(await self._user_info(where, tokens.access_token, subject))
        return Believed(subject, tuple(told), tokens.id_token)

    async def _tokens(self, where: Metadata, flow: Flow, code: str) -> _Tokens:
        credentials = self._authenticate(self._clock.now_ms() / 1000)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.code_verifier,
            **credentials.form,
        }
        answer = await self._transport.post(where.token_endpoint, form, credentials.headers)
        if not answer.ok:
            raise _refused(answer)
        document = answer.document()
        token, access_token = document.get("id_token"), document.get("access_token")
        if not isinstance(token, str) or not token.isascii():
            raise Unusable(Cause.GARBLED)
        if self._described.userinfo is UserInfo.NONE:
            return _Tokens(token, "")
        bearer = str(document.get("token_type")).lower() == "bearer"
        if not bearer or not isinstance(access_token, str) or not _BEARER.fullmatch(access_token):
            raise Unusable(Cause.GARBLED)
        return _Tokens(token, access_token)

    async def _user_info(self, where: Metadata, access_token: str, subject: str) -> Mapping[str, object]:
        answer = await self._transport.get(where.userinfo_endpoint, {"authorization": f"Bearer {access_token}"})
        if not answer.ok:
            raise Unusable(Cause.UNEXPECTED_STATUS)
        if answer.media_type in _JWT_TYPES:
            claims = await self._signed_user_info(answer)
        elif self._described.userinfo is UserInfo.SIGNED:
            raise Disbelieved(Doubt.SIGNATURE)
        else:
            claims = answer.document()
        # Somebody else's otherwise (OpenID Connect Core section 5.3.2).
        if claims.get("sub") != subject:
            raise Disbelieved(Doubt.SUBJECT)
        return claims

    async def _signed_user_info(self, answer: Answer) -> Mapping[str, object]:
        try:
            token = answer.body.decode("ascii")
        except UnicodeDecodeError:
            raise Unusable(Cause.GARBLED) from None
        _, claims = await self._signed(token.strip())
        if claims.get("iss") != self._described.issuer:
            raise Disbelieved(Doubt.ISSUER)
        if claims.get("aud") not in (self._described.client.id, [self._described.client.id]):
            raise Disbelieved(Doubt.AUDIENCE)
        return claims

    async def _signed(self, token: str) -> tuple[Header, Mapping[str, object]]:
        header = signatures.read_header(token, self._described.algorithms)
        return header, signatures.verified(token, await self._key(header))

    async def _key(self, header: Header) -> PublicKey:
        keys = await self._keys.get()
        if (key := keys.find(header)) is not None:
            return key
        # Rotated since they were fetched, or forged: the provider knows.
        newer = await self._keys.newer_than(keys)
        if newer is None:
            raise Unusable(Cause.KEYS_UNKNOWN)
        if (key := newer.find(header)) is None:
            raise Disbelieved(Doubt.KEY)
        return key

    async def _fetch_metadata(self) -> Metadata:
        address = metadata.address(self._described.issuer)
        return metadata.understood(await self._transport.fetch(address), self._described)

    async def _fetch_keys(self) -> KeySet:
        where = await self._metadata.get()
        return signatures.KeySet(await self._transport.fetch(where.jwks_uri))


def check_code(code: str) -> None:
    """Refuses what no provider issued as a code, so that none is asked about it."""
    if not _CODE.fullmatch(code):
        raise Disbelieved(Doubt.CODE_MALFORMED)


def _refused(answer: Answer) -> Exception:
    # RFC 6749 section 5.2. `access_denied` is of the other endpoint (section 4.1.2.1), and some say it here.
    match answer.document().get("error"):
        case "invalid_grant":
            return Disbelieved(Doubt.CODE_REFUSED)
        case "access_denied":
            return Disbelieved(Doubt.DENIED)
        case "invalid_client" | "unauthorized_client":
            return Unusable(Cause.CLIENT_REFUSED)
        case "temporarily_unavailable" | "server_error":
            return Unusable(Cause.UNEXPECTED_STATUS)
        case _:
            # What one request says may be to blame: nobody else should go without.
            return Unusable(Cause.REQUEST_REFUSED, sound=True)
