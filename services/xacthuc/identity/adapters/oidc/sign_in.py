"""Sign-in with one OpenID Connect provider: authorization code with PKCE, `state` and `nonce` (RFC 9700 section 2.1).

What goes wrong at the provider ends here as `ProviderDown` with a time, what is not believed as `Refused`. Why is said
in one word of a closed set, to logs, spans and metrics; nothing that was received is.
"""

from __future__ import annotations

import asyncio
import time
from base64 import urlsafe_b64encode
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import urlencode

from xacthuc import ids
from xacthuc.circuit import FIRST_PAUSE_MS
from xacthuc.identity.adapters.oidc import transport
from xacthuc.identity.adapters.oidc.causes import Cause, Disbelieved, Doubt, Unusable, refusal
from xacthuc.identity.adapters.oidc.exchange import Exchange, check_code
from xacthuc.identity.adapters.oidc.person import confirmation
from xacthuc.identity.adapters.remote.circuit import Circuit
from xacthuc.identity.ports.eid import Flow, ProviderDown
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeAlias

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.oidc.exchange import Believed
    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile
    from xacthuc.identity.ports.eid import Confirmation, Refused

    A = TypeVar("A")
    Observe: TypeAlias = Callable[[str, float], None]

T = TypeVar("T")

_log: Final = get_logger()

_SECRET_BYTES: Final = 32
"""256 bits; as a code verifier 43 characters, the least of RFC 7636 section 4.1."""
_CONFIRMED: Final = "confirmed"
_NOTHING_KNOWN: Final = {
    "server_error": Cause.UNEXPECTED_STATUS,
    "temporarily_unavailable": Cause.UNEXPECTED_STATUS,
    "invalid_request": Cause.REQUEST_REFUSED,
    "invalid_scope": Cause.REQUEST_REFUSED,
    "unsupported_response_type": Cause.REQUEST_REFUSED,
    "unauthorized_client": Cause.CLIENT_REFUSED,
}
"""What a provider may say in place of a code that is about itself or us, not the person (RFC 6749 section 4.1.2.1)."""
_LEVEL_UNMET: Final = "unmet_authentication_requirements"
"""OpenID Connect Core Error Code unmet_authentication_requirements 1.0."""


class OidcSignIn(Generic[T]):
    """Sign-in that ends with a `T`. With a `Confirmation` it implements `ports.eid.SignIn`."""

    def __init__(
        self,
        described: ProviderFile,
        exchange: Exchange,
        clock: Clock,
        observe: Observe,
        read: Callable[[Believed], T],
    ) -> None:
        """Asks through `exchange`; `observe` takes what came of each completed flow, in one word, and its seconds.

        `read` makes of what is believed what the use case wants to know, or raises Unusable.
        """
        self._described = described
        self._read = read
        self._exchange = exchange
        self._clock = clock
        self._observe = observe
        self._circuit = Circuit()

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self._described.name

    @property
    def issuer(self) -> str:
        """What the provider calls itself."""
        return self._described.issuer

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where the provider may send people back to."""
        return self._described.redirect_uris

    async def begin(self, redirect_uri: str) -> tuple[str, Flow]:
        """Returns where to send the person, and the flow to keep.

        Raises ValueError for an address that is not in the settings, and ProviderDown.
        """
        if not self._described.sends_back_to(redirect_uri):
            raise ValueError("redirect_uri is not among those registered with the provider")
        flow = Flow(state=_secret(), nonce=_secret(), code_verifier=_secret(), redirect_uri=redirect_uri)
        try:
            return self._address(await self._endpoint(), flow), flow
        except Unusable as fault:
            cause = fault.cause
        raise self._down(cause)

    def ended(self, error: str) -> Refused:
        """Returns what it means that the person came back with `error` and no code. Raises ProviderDown.

        A word that no standard has is taken for the person's no: another way is offered, and nothing is tried again.
        """
        if cause := _NOTHING_KNOWN.get(error):
            self._observe(cause.value, 0.0)
            raise self._down(cause)
        doubt = Doubt.LEVEL if error == _LEVEL_UNMET else Doubt.DENIED
        self._observe(doubt.value, 0.0)
        return refusal(doubt)

    async def complete(self, flow: Flow, code: str) -> T | Refused:
        """Exchanges the code and believes nothing that is not of this flow. Raises ProviderDown.

        A code works once: after ProviderDown it may have been spent, and trying it again then says EXPIRED.
        """
        started = time.perf_counter()
        with span("eid.complete", {"provider": self.name}, kind=Kind.CLIENT) as step:
            answer: T | Refused | None = None
            try:
                check_code(code)
                answer = await self._guarded(lambda: self._told(flow, code))
                said = _CONFIRMED
            except Disbelieved as fault:
                answer, said = refusal(fault.doubt), fault.doubt.value
                _log.warning("eid_answer_refused", provider=self.name, cause=said)
            except Unusable as fault:
                cause, said = fault.cause, fault.cause.value
            step.set("outcome", said)
        self._observe(said, time.perf_counter() - started)
        if answer is None:
            raise self._down(cause)
        return answer

    async def _told(self, flow: Flow, code: str) -> T:
        return self._read(await self._exchange.believed(flow, code))

    async def _endpoint(self) -> str:
        # Known already, it says nothing of whether the provider works: the circuit is looked at, and not moved.
        known = self._exchange.known_endpoint()
        if known is None or self._circuit.wait_ms(self._clock.now_ms()):
            return await self._guarded(self._exchange.authorization_endpoint)
        return known

    async def _guarded(self, ask: Callable[[], Awaitable[A]]) -> A:
        """Asks unless the provider rests, within the time of the settings, and takes note of how it went."""
        if self._circuit.enter(self._clock.now_ms()):
            raise Unusable(Cause.RESTING)
        try:
            async with asyncio.timeout(self._described.timeout_seconds):
                answer = await ask()
        except TimeoutError:
            self._circuit.failed(self._clock.now_ms())
            raise Unusable(Cause.TIMEOUT) from None
        except Disbelieved:
            self._circuit.succeeded()
            raise
        except Unusable as fault:
            self._record(fault)
            raise
        self._circuit.succeeded()
        return answer

    def _record(self, fault: Unusable) -> None:
        now_ms = self._clock.now_ms()
        if fault.cause is Cause.BUSY:
            return  # the provider was not asked
        if fault.hold_ms:
            self._circuit.hold(now_ms, fault.hold_ms)
        elif fault.sound:
            self._circuit.succeeded()
        else:
            self._circuit.failed(now_ms)

    def _down(self, cause: Cause) -> ProviderDown:
        _log.warning("eid_provider_down", provider=self.name, cause=cause.value)
        return ProviderDown(max(FIRST_PAUSE_MS, self._circuit.wait_ms(self._clock.now_ms())) / 1000)

    def _address(self, endpoint: str, flow: Flow) -> str:
        described = self._described
        challenge = urlsafe_b64encode(sha256(flow.code_verifier.encode()).digest()).rstrip(b"=").decode("ascii")
        asked = {
            "response_type": "code",
            "client_id": described.client.id,
            "redirect_uri": flow.redirect_uri,
            "scope": " ".join(described.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if described.acr:
            asked["acr_values"] = " ".join(described.acr)
        if described.max_age_seconds:
            asked["max_age"] = str(described.max_age_seconds)
        # An endpoint may have a query of its own, which stays (RFC 6749 section 3.1).
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


@asynccontextmanager
async def opened(
    described: ProviderFile, clock: Clock, observe: Observe, read: Callable[[Believed], T]
) -> AsyncIterator[OidcSignIn[T]]:
    """Keeps a provider's client for as long as it is entered. Asks nothing yet: a provider that is down stops no start."""
    async with transport.opened(described) as requests:
        yield OidcSignIn(described, Exchange(described, requests, clock), clock, observe, read)


def confirming(described: ProviderFile, clock: Clock) -> Callable[[Believed], Confirmation]:
    """Returns what reads who somebody is, for electronic identification."""
    return lambda believed: confirmation(described, believed.told, believed.id_token, clock.now())


def _secret() -> str:
    return ids.encode(ids.random_bytes(_SECRET_BYTES))
