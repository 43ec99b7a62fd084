"""The two clients. Each method is made from the one function that describes its call (`otp.py`, `identity/`, `guardian.py`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, Self

from xacthuc.client import guardian as guardian_calls
from xacthuc.client import identity as identity_calls
from xacthuc.client import livestream as livestream_calls
from xacthuc.client import otp as otp_calls
from xacthuc.client.endpoint import Endpoint, channel_credentials, retry_policy
from xacthuc.client.methods import Async, Blocking, awaits, awaits_pages, awaits_watch, pages, waits, watches
from xacthuc.client.transport import AsyncTransport, BlockingTransport

if TYPE_CHECKING:
    from collections.abc import Callable

OTP_ADDRESS: Final = "127.0.0.1:7411"
IDENTITY_ADDRESS: Final = "127.0.0.1:7421"
GUARDIAN_ADDRESS: Final = "127.0.0.1:7431"
LIVESTREAM_ADDRESS: Final = "127.0.0.1:7441"
TIMEOUT: Final = timedelta(seconds=5)
"""The ceiling of the servers (docs/errors.md, DEADLINE_EXCEEDED): a longer wait would not be granted."""


class OtpClient(Blocking):
    """OtpService: possession of a Vietnamese mobile number."""

    start_challenge = waits(otp_calls.start_challenge)
    resend_code = waits(otp_calls.resend_code)
    check_code = waits(otp_calls.check_code)
    check_network = waits(otp_calls.check_network)
    get_challenge = waits(otp_calls.get_challenge)
    cancel_challenge = waits(otp_calls.cancel_challenge)
    lookup_number = waits(otp_calls.lookup_number)
    report_unrequested = waits(otp_calls.report_unrequested)


class AsyncOtpClient(Async):
    """OtpService: possession of a Vietnamese mobile number."""

    start_challenge = awaits(otp_calls.start_challenge)
    resend_code = awaits(otp_calls.resend_code)
    check_code = awaits(otp_calls.check_code)
    check_network = awaits(otp_calls.check_network)
    get_challenge = awaits(otp_calls.get_challenge)
    cancel_challenge = awaits(otp_calls.cancel_challenge)
    lookup_number = awaits(otp_calls.lookup_number)
    report_unrequested = awaits(otp_calls.report_unrequested)


class IdentityClient(Blocking):
    """IdentityService: who may do what."""

    register_account = waits(identity_calls.register_account)
    correct_account = waits(identity_calls.correct_account)
    get_account = waits(identity_calls.get_account)
    list_accounts = pages(identity_calls.list_accounts)
    verify_phone = waits(identity_calls.verify_phone)
    change_number = waits(identity_calls.change_number)
    verify_personal_id = waits(identity_calls.verify_personal_id)
    start_electronic_id = waits(identity_calls.start_electronic_id)
    complete_electronic_id = waits(identity_calls.complete_electronic_id)
    revoke_verification = waits(identity_calls.revoke_verification)
    check_action = waits(identity_calls.check_action)
    check_actions = waits(identity_calls.check_actions)
    issue_standing_token = waits(identity_calls.issue_standing_token)
    get_jwks = waits(identity_calls.get_jwks)
    lock_account = waits(identity_calls.lock_account)
    unlock_account = waits(identity_calls.unlock_account)
    record_violation = waits(identity_calls.record_violation)
    record_sessions = waits(identity_calls.record_sessions)
    close_account = waits(identity_calls.close_account)
    erase_account = waits(identity_calls.erase_account)
    list_consents = waits(identity_calls.list_consents)
    list_verification_paths = waits(identity_calls.list_verification_paths)
    get_watch_cursor = waits(identity_calls.get_watch_cursor)
    watch_accounts = watches(identity_calls.watch_accounts)


class AsyncIdentityClient(Async):
    """IdentityService: who may do what."""

    register_account = awaits(identity_calls.register_account)
    correct_account = awaits(identity_calls.correct_account)
    get_account = awaits(identity_calls.get_account)
    list_accounts = awaits_pages(identity_calls.list_accounts)
    verify_phone = awaits(identity_calls.verify_phone)
    change_number = awaits(identity_calls.change_number)
    verify_personal_id = awaits(identity_calls.verify_personal_id)
    start_electronic_id = awaits(identity_calls.start_electronic_id)
    complete_electronic_id = awaits(identity_calls.complete_electronic_id)
    revoke_verification = awaits(identity_calls.revoke_verification)
    check_action = awaits(identity_calls.check_action)
    check_actions = awaits(identity_calls.check_actions)
    issue_standing_token = awaits(identity_calls.issue_standing_token)
    get_jwks = awaits(identity_calls.get_jwks)
    lock_account = awaits(identity_calls.lock_account)
    unlock_account = awaits(identity_calls.unlock_account)
    record_violation = awaits(identity_calls.record_violation)
    record_sessions = awaits(identity_calls.record_sessions)
    close_account = awaits(identity_calls.close_account)
    erase_account = awaits(identity_calls.erase_account)
    list_consents = awaits(identity_calls.list_consents)
    list_verification_paths = awaits(identity_calls.list_verification_paths)
    get_watch_cursor = awaits(identity_calls.get_watch_cursor)
    watch_accounts = awaits_watch(identity_calls.watch_accounts)


class GuardianClient(Blocking):
    """GuardianService: parents and guardians of children under 16."""

    request_link = waits(guardian_calls.request_link)
    confirm_link = waits(guardian_calls.confirm_link)
    approve_link = waits(guardian_calls.approve_link)
    decline_link = waits(guardian_calls.decline_link)
    revoke_link = waits(guardian_calls.revoke_link)
    get_link = waits(guardian_calls.get_link)
    list_links = pages(guardian_calls.list_links)
    watch_links = watches(guardian_calls.watch_links)
    update_supervision = waits(guardian_calls.update_supervision)
    get_supervision = waits(guardian_calls.get_supervision)
    record_child_assent = waits(guardian_calls.record_child_assent)
    list_child_assents = pages(guardian_calls.list_child_assents)
    record_activity = waits(guardian_calls.record_activity)
    list_activity = pages(guardian_calls.list_activity)


class AsyncGuardianClient(Async):
    """GuardianService: parents and guardians of children under 16."""

    request_link = awaits(guardian_calls.request_link)
    confirm_link = awaits(guardian_calls.confirm_link)
    approve_link = awaits(guardian_calls.approve_link)
    decline_link = awaits(guardian_calls.decline_link)
    revoke_link = awaits(guardian_calls.revoke_link)
    get_link = awaits(guardian_calls.get_link)
    list_links = awaits_pages(guardian_calls.list_links)
    watch_links = awaits_watch(guardian_calls.watch_links)
    update_supervision = awaits(guardian_calls.update_supervision)
    get_supervision = awaits(guardian_calls.get_supervision)
    record_child_assent = awaits(guardian_calls.record_child_assent)
    list_child_assents = awaits_pages(guardian_calls.list_child_assents)
    record_activity = awaits(guardian_calls.record_activity)
    list_activity = awaits_pages(guardian_calls.list_activity)


class LivestreamClient(Blocking):
    """LivestreamService: who is on air, and who sells there."""

    authorize_broadcast = waits(livestream_calls.authorize_broadcast)
    batch_authorize = waits(livestream_calls.batch_authorize)
    renew_grant = waits(livestream_calls.renew_grant)
    declare_commercial = waits(livestream_calls.declare_commercial)
    end_broadcast = waits(livestream_calls.end_broadcast)
    get_broadcast = waits(livestream_calls.get_broadcast)
    list_broadcasts = pages(livestream_calls.list_broadcasts)
    get_watch_cursor = waits(livestream_calls.get_watch_cursor)
    watch_revocations = watches(livestream_calls.watch_revocations)
    get_jwks = waits(livestream_calls.get_jwks)


class AsyncLivestreamClient(Async):
    """LivestreamService: who is on air, and who sells there."""

    authorize_broadcast = awaits(livestream_calls.authorize_broadcast)
    batch_authorize = awaits(livestream_calls.batch_authorize)
    renew_grant = awaits(livestream_calls.renew_grant)
    declare_commercial = awaits(livestream_calls.declare_commercial)
    end_broadcast = awaits(livestream_calls.end_broadcast)
    get_broadcast = awaits(livestream_calls.get_broadcast)
    list_broadcasts = awaits_pages(livestream_calls.list_broadcasts)
    get_watch_cursor = awaits(livestream_calls.get_watch_cursor)
    watch_revocations = awaits_watch(livestream_calls.watch_revocations)
    get_jwks = awaits(livestream_calls.get_jwks)


class _Client(ABC):
    """What both clients are told."""

    def __init__(
        self,
        *,
        key: str,
        otp: str = OTP_ADDRESS,
        identity: str = IDENTITY_ADDRESS,
        guardian: str = GUARDIAN_ADDRESS,
        livestream: str = LIVESTREAM_ADDRESS,
        root_certificates: bytes | None = None,
        insecure: bool = False,
        timeout: timedelta = TIMEOUT,
        language: Literal["vi", "en"] = "vi",
        traceparent: Callable[[], str | None] | None = None,
    ) -> None:
        """Prepares the channels; they connect when first used.

        `key` is the platform's (`xt_live_...`). `otp`, `identity`, `guardian` and `livestream` are `host:port`. Addresses of
        this machine are reached in plaintext, all others over TLS, checked against `root_certificates` (PEM) or else the
        roots that gRPC knows; `insecure=True` sends even the key in clear. `timeout` covers one call with its retries; `language`
        is that of `XacthucError.localized`. `traceparent` is asked before each call for the header (W3C Trace Context) that names
        what the caller does, to which the call's trace is linked; None is for nothing. ValueError when the key cannot be one or
        the options contradict.
        """
        if not key.isascii() or not key.isprintable() or not key or " " in key:
            raise ValueError("a platform key looks like xt_live_ and 43 letters, digits, - or _")
        metadata = (("authorization", f"Bearer {key}"), ("accept-language", language))

        def endpoint(address: str, service: str) -> Endpoint:
            credentials = channel_credentials(address, root_certificates=root_certificates, insecure=insecure)
            return Endpoint(address, credentials, retry_policy(service), metadata, timeout, traceparent)

        self._open(
            endpoint(otp, otp_calls.SERVICE),
            endpoint(identity, identity_calls.SERVICE),
            endpoint(guardian, guardian_calls.SERVICE),
            endpoint(livestream, livestream_calls.SERVICE),
        )

    @abstractmethod
    def _open(self, otp: Endpoint, identity: Endpoint, guardian: Endpoint, livestream: Endpoint) -> None: ...


class Xacthuc(_Client):
    """Waits for every answer; may be shared by threads. Close it, or use it in a `with` statement."""

    otp: OtpClient
    identity: IdentityClient
    guardian: GuardianClient
    livestream: LivestreamClient

    def _open(self, otp: Endpoint, identity: Endpoint, guardian: Endpoint, livestream: Endpoint) -> None:
        self._transports = tuple(BlockingTransport(each) for each in (otp, identity, guardian, livestream))
        self.otp, self.identity = OtpClient(self._transports[0]), IdentityClient(self._transports[1])
        self.guardian = GuardianClient(self._transports[2])
        self.livestream = LivestreamClient(self._transports[3])

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
    livestream: AsyncLivestreamClient

    def _open(self, otp: Endpoint, identity: Endpoint, guardian: Endpoint, livestream: Endpoint) -> None:
        self._transports = tuple(AsyncTransport(each) for each in (otp, identity, guardian, livestream))
        self.otp, self.identity = AsyncOtpClient(self._transports[0]), AsyncIdentityClient(self._transports[1])
        self.guardian = AsyncGuardianClient(self._transports[2])
        self.livestream = AsyncLivestreamClient(self._transports[3])

    async def close(self) -> None:
        """Closes the connections; calls under way fail."""
        for transport in self._transports:
            await transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()
