"""The two clients. Each method is made from the one function that describes its call (`otp.py`, `identity/`, `guardian.py`)."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Concatenate, Final, Literal, ParamSpec, Self, TypeVar

from xacthuc.client import guardian as guardian_calls
from xacthuc.client import identity as identity_calls
from xacthuc.client import otp as otp_calls
from xacthuc.client.endpoint import Endpoint, channel_credentials, retry_policy
from xacthuc.client.transport import AsyncTransport, BlockingTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from xacthuc.client.calls import Call, Listing, Watch

P = ParamSpec("P")
R = TypeVar("R")

OTP_ADDRESS: Final = "127.0.0.1:7411"
IDENTITY_ADDRESS: Final = "127.0.0.1:7421"
GUARDIAN_ADDRESS: Final = "127.0.0.1:7431"
TIMEOUT: Final = timedelta(seconds=5)
"""The ceiling of the servers (docs/errors.md, DEADLINE_EXCEEDED): a longer wait would not be granted."""


def _waits(describe: Callable[P, Call[R]]) -> Callable[Concatenate[_Blocking, P], R]:
    @functools.wraps(describe)
    def method(self: _Blocking, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._transport.send(describe(*args, **kwargs))

    return method


def _awaits(describe: Callable[P, Call[R]]) -> Callable[Concatenate[_Async, P], Awaitable[R]]:
    @functools.wraps(describe)
    async def method(self: _Async, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._transport.send(describe(*args, **kwargs))

    return method


def _pages(describe: Callable[P, Listing[R]]) -> Callable[Concatenate[_Blocking, P], Iterator[R]]:
    @functools.wraps(describe)
    def method(self: _Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        listing, token = describe(*args, **kwargs), ""
        while True:
            page = self._transport.send(listing.page(token))
            yield from page.items
            if not (token := page.next_token):
                return

    return method


def _awaits_pages(describe: Callable[P, Listing[R]]) -> Callable[Concatenate[_Async, P], AsyncIterator[R]]:
    @functools.wraps(describe)
    async def method(self: _Async, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        listing, token = describe(*args, **kwargs), ""
        while True:
            page = await self._transport.send(listing.page(token))
            for item in page.items:
                yield item
            if not (token := page.next_token):
                return

    return method


def _watches(describe: Callable[P, Watch[R]]) -> Callable[Concatenate[_Blocking, P], Iterator[R]]:
    @functools.wraps(describe)
    def method(self: _Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        yield from self._transport.watch(describe(*args, **kwargs))

    return method


def _awaits_watch(describe: Callable[P, Watch[R]]) -> Callable[Concatenate[_Async, P], AsyncIterator[R]]:
    @functools.wraps(describe)
    async def method(self: _Async, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        async with aclosing(self._transport.watch(describe(*args, **kwargs))) as answers:
            async for answer in answers:
                yield answer

    return method


class _Blocking:
    def __init__(self, transport: BlockingTransport) -> None:
        self._transport = transport


class _Async:
    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport


class OtpClient(_Blocking):
    """OtpService: possession of a Vietnamese mobile number."""

    start_challenge = _waits(otp_calls.start_challenge)
    resend_code = _waits(otp_calls.resend_code)
    check_code = _waits(otp_calls.check_code)
    check_network = _waits(otp_calls.check_network)
    get_challenge = _waits(otp_calls.get_challenge)
    cancel_challenge = _waits(otp_calls.cancel_challenge)
    lookup_number = _waits(otp_calls.lookup_number)
    report_unrequested = _waits(otp_calls.report_unrequested)


class AsyncOtpClient(_Async):
    """OtpService: possession of a Vietnamese mobile number."""

    start_challenge = _awaits(otp_calls.start_challenge)
    resend_code = _awaits(otp_calls.resend_code)
    check_code = _awaits(otp_calls.check_code)
    check_network = _awaits(otp_calls.check_network)
    get_challenge = _awaits(otp_calls.get_challenge)
    cancel_challenge = _awaits(otp_calls.cancel_challenge)
    lookup_number = _awaits(otp_calls.lookup_number)
    report_unrequested = _awaits(otp_calls.report_unrequested)


class IdentityClient(_Blocking):
    """IdentityService: who may do what."""

    register_account = _waits(identity_calls.register_account)
    correct_account = _waits(identity_calls.correct_account)
    get_account = _waits(identity_calls.get_account)
    list_accounts = _pages(identity_calls.list_accounts)
    verify_phone = _waits(identity_calls.verify_phone)
    change_number = _waits(identity_calls.change_number)
    verify_personal_id = _waits(identity_calls.verify_personal_id)
    start_electronic_id = _waits(identity_calls.start_electronic_id)
    complete_electronic_id = _waits(identity_calls.complete_electronic_id)
    revoke_verification = _waits(identity_calls.revoke_verification)
    check_action = _waits(identity_calls.check_action)
    check_actions = _waits(identity_calls.check_actions)
    issue_standing_token = _waits(identity_calls.issue_standing_token)
    get_jwks = _waits(identity_calls.get_jwks)
    lock_account = _waits(identity_calls.lock_account)
    unlock_account = _waits(identity_calls.unlock_account)
    record_violation = _waits(identity_calls.record_violation)
    record_sessions = _waits(identity_calls.record_sessions)
    close_account = _waits(identity_calls.close_account)
    erase_account = _waits(identity_calls.erase_account)
    list_consents = _waits(identity_calls.list_consents)
    list_verification_paths = _waits(identity_calls.list_verification_paths)
    get_watch_cursor = _waits(identity_calls.get_watch_cursor)
    watch_accounts = _watches(identity_calls.watch_accounts)


class AsyncIdentityClient(_Async):
    """IdentityService: who may do what."""

    register_account = _awaits(identity_calls.register_account)
    correct_account = _awaits(identity_calls.correct_account)
    get_account = _awaits(identity_calls.get_account)
    list_accounts = _awaits_pages(identity_calls.list_accounts)
    verify_phone = _awaits(identity_calls.verify_phone)
    change_number = _awaits(identity_calls.change_number)
    verify_personal_id = _awaits(identity_calls.verify_personal_id)
    start_electronic_id = _awaits(identity_calls.start_electronic_id)
    complete_electronic_id = _awaits(identity_calls.complete_electronic_id)
    revoke_verification = _awaits(identity_calls.revoke_verification)
    check_action = _awaits(identity_calls.check_action)
    check_actions = _awaits(identity_calls.check_actions)
    issue_standing_token = _awaits(identity_calls.issue_standing_token)
    get_jwks = _awaits(identity_calls.get_jwks)
    lock_account = _awaits(identity_calls.lock_account)
    unlock_account = _awaits(identity_calls.unlock_account)
    record_violation = _awaits(identity_calls.record_violation)
    record_sessions = _awaits(identity_calls.record_sessions)
    close_account = _awaits(identity_calls.close_account)
    erase_account = _awaits(identity_calls.erase_account)
    list_consents = _awaits(identity_calls.list_consents)
    list_verification_paths = _awaits(identity_calls.list_verification_paths)
    get_watch_cursor = _awaits(identity_calls.get_watch_cursor)
    watch_accounts = _awaits_watch(identity_calls.watch_accounts)


class GuardianClient(_Blocking):
    """GuardianService: parents and guardians of children under 16."""

    request_link = _waits(guardian_calls.request_link)
    confirm_link = _waits(guardian_calls.confirm_link)
    approve_link = _waits(guardian_calls.approve_link)
    decline_link = _waits(guardian_calls.decline_link)
    revoke_link = _waits(guardian_calls.revoke_link)
    get_link = _waits(guardian_calls.get_link)
    list_links = _pages(guardian_calls.list_links)
    watch_links = _watches(guardian_calls.watch_links)
    update_supervision = _waits(guardian_calls.update_supervision)
    get_supervision = _waits(guardian_calls.get_supervision)
    record_child_assent = _waits(guardian_calls.record_child_assent)
    list_child_assents = _pages(guardian_calls.list_child_assents)
    record_activity = _waits(guardian_calls.record_activity)
    list_activity = _pages(guardian_calls.list_activity)


class AsyncGuardianClient(_Async):
    """GuardianService: parents and guardians of children under 16."""

    request_link = _awaits(guardian_calls.request_link)
    confirm_link = _awaits(guardian_calls.confirm_link)
    approve_link = _awaits(guardian_calls.approve_link)
    decline_link = _awaits(guardian_calls.decline_link)
    revoke_link = _awaits(guardian_calls.revoke_link)
    get_link = _awaits(guardian_calls.get_link)
    list_links = _awaits_pages(guardian_calls.list_links)
    watch_links = _awaits_watch(guardian_calls.watch_links)
    update_supervision = _awaits(guardian_calls.update_supervision)
    get_supervision = _awaits(guardian_calls.get_supervision)
    record_child_assent = _awaits(guardian_calls.record_child_assent)
    list_child_assents = _awaits_pages(guardian_calls.list_child_assents)
    record_activity = _awaits(guardian_calls.record_activity)
    list_activity = _awaits_pages(guardian_calls.list_activity)


class _Client(ABC):
    """What both clients are told."""

    def __init__(
        self,
        *,
        key: str,
        otp: str = OTP_ADDRESS,
        identity: str = IDENTITY_ADDRESS,
        guardian: str = GUARDIAN_ADDRESS,
        root_certificates: bytes | None = None,
        insecure: bool = False,
        timeout: timedelta = TIMEOUT,
        language: Literal["vi", "en"] = "vi",
    ) -> None:
        """Prepares the channels; they connect when first used.

        `key` is the platform's (`xt_live_...`). `otp`, `identity` and `guardian` are `host:port`. Addresses of this machine are
        reached in plaintext, all others over TLS, checked against `root_certificates` (PEM) or else the roots that
        gRPC knows; `insecure=True` sends even the key in clear. `timeout` covers one call with its retries; `language`
        is that of `XacthucError.localized`. ValueError when the key cannot be one or the options contradict.
        """
        if not key.isascii() or not key.isprintable() or not key or " " in key:
            raise ValueError("a platform key looks like xt_live_ and 43 letters, digits, - or _")
        metadata = (("authorization", f"Bearer {key}"), ("accept-language", language))

        def endpoint(address: str, service: str) -> Endpoint:
            credentials = channel_credentials(address, root_certificates=root_certificates, insecure=insecure)
            return Endpoint(address, credentials, retry_policy(service), metadata, timeout)

        self._open(
            endpoint(otp, otp_calls.SERVICE),
            endpoint(identity, identity_calls.SERVICE),
            endpoint(guardian, guardian_calls.SERVICE),
        )

    @abstractmethod
    def _open(self, otp: Endpoint, identity: Endpoint, guardian: Endpoint) -> None: ...


class Xacthuc(_Client):
    """Waits for every answer; may be shared by threads. Close it, or use it in a `with` statement."""

    otp: OtpClient
    identity: IdentityClient
    guardian: GuardianClient

    def _open(self, otp: Endpoint, identity: Endpoint, guardian: Endpoint) -> None:
        self._transports = (BlockingTransport(otp), BlockingTransport(identity), BlockingTransport(guardian))
        self.otp, self.identity = OtpClient(self._transports[0]), IdentityClient(self._transports[1])
        self.guardian = GuardianClient(self._transports[2])

    def close(self) -> None:
        """Closes the connections; calls under way fail."""
        for transport in self._transports:
            transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class AsyncXacthuc(_Client):
    """Belongs to the event loop it is made in. Close it, or use it in an `async with` statement."""

    otp: AsyncOtpClient
    identity: AsyncIdentityClient
    guardian: AsyncGuardianClient

    def _open(self, otp: Endpoint, identity: Endpoint, guardian: Endpoint) -> None:
        self._transports = (AsyncTransport(otp), AsyncTransport(identity), AsyncTransport(guardian))
        self.otp, self.identity = AsyncOtpClient(self._transports[0]), AsyncIdentityClient(self._transports[1])
        self.guardian = AsyncGuardianClient(self._transports[2])

    async def close(self) -> None:
        """Closes the connections; calls under way fail."""
        for transport in self._transports:
            await transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()
