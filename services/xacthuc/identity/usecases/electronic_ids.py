"""Electronic identification by sign-in with a provider: begun here, carried on in the person's browser, ended here."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.personal_ids import Details, Ground, Outcome, Verification
from xacthuc.identity.domain.rulings import Told, rule
from xacthuc.identity.ports.eid import ProviderDown
from xacthuc.identity.ports.personal_ids import BegunSignIn, NewSignIn
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.identity.usecases.personal_ids import admit, check_confirmation
from xacthuc.identity.usecases.questions import understood

if TYPE_CHECKING:
    from xacthuc.identity.commands import CompleteElectronicId, Order, StartElectronicId
    from xacthuc.identity.domain.rulings import Answer, Ruling
    from xacthuc.identity.ports.eid import SignIn
    from xacthuc.identity.ports.personal_ids import Candidate, TakenSignIn
    from xacthuc.identity.usecases.identity import Identity

SIGN_IN_LIFE: Final = timedelta(minutes=10)
"""Long enough to find a card and a phone, short enough that a forgotten browser is no way in."""

_CALL_SECONDS: Final = 4.0
"""What a call may take, less the time to write down what came of it."""

_SOON_SECONDS: Final = 5.0


async def start_electronic_id(identity: Identity, command: StartElectronicId) -> BegunSignIn:
    """Begins a flow and keeps it sealed until the person comes back."""
    check_confirmation(command.given, identity.clock.now())
    provider = _provider(identity, command)
    admitted = await identity.sign_ins.admit(command.order, command.account_id)
    if admitted is None:
        raise not_found()
    if isinstance(admitted, BegunSignIn):
        return admitted
    admit(admitted, command.given.ground, identity.clock.now())
    try:
        address, flow = await provider.begin(command.redirect_uri)
    except ProviderDown as down:
        raise Unavailable(
            Reason.PROVIDER_UNAVAILABLE,
            "the provider of electronic identification does not answer",
            retry_after=timedelta(seconds=down.retry_after_seconds),
        ) from None
    now = identity.clock.now()
    begun = BegunSignIn(authorization_uri=address, state=flow.state, expire_time=now + SIGN_IN_LIFE)
    new = NewSignIn(provider=provider.name, flow=flow, answer=begun, confirmation=command.given.confirmation)
    return await identity.sign_ins.begin(command.order, command.account_id, new, now)


async def complete_electronic_id(identity: Identity, command: CompleteElectronicId) -> Verification:
    """Ends a flow, once, with what the person came back with."""
    order = command.order
    taken = await identity.sign_ins.take(order, command.account_id, command.state, identity.clock.now())
    if taken is None:
        raise not_found()
    if isinstance(taken, Verification):
        return taken
    admit(taken.candidate, Ground.COMMERCE, identity.clock.now())
    answer, retry_seconds = await _answer(identity, taken, command)
    return await identity.shield.finish(_settle(identity, order, command.account_id, answer, retry_seconds))


async def _answer(identity: Identity, taken: TakenSignIn, command: CompleteElectronicId) -> tuple[Answer, float]:
    """Returns what came of a sign-in at the provider, and when to try again where it was not there."""
    provider = identity.providers.sign_ins.get(taken.provider)
    if taken.flow is None or provider is None:  # used, too old or never begun; or taken out of the settings since
        return Outcome.EXPIRED, 0.0
    # Another provider's answer, brought here by whoever mixes them up (RFC 9207 section 2.4).
    if command.iss and command.iss != provider.issuer:
        return Outcome.FORGED, 0.0
    try:
        if not command.code:
            return Outcome(provider.ended(command.error).value), 0.0
        async with asyncio.timeout(_CALL_SECONDS):
            return understood(await provider.complete(taken.flow, command.code), signed_in=True), 0.0
    except ProviderDown as down:
        return Outcome.PROVIDER_UNAVAILABLE, down.retry_after_seconds
    except TimeoutError:
        return Outcome.PROVIDER_UNAVAILABLE, _SOON_SECONDS


async def _settle(
    identity: Identity, order: Order, account_id: str, answer: Answer, retry_seconds: float
) -> Verification:
    personal_id = (answer.details.personal_id or "") if isinstance(answer, Told) else ""
    decide = partial(judged, identity, answer, personal_id)
    settled = await identity.sign_ins.settle(
        order, account_id, personal_id, decide, retry_seconds=retry_seconds, now=identity.clock.now()
    )
    await identity.follow(order.platform, settled.changed)
    return settled.answer


def judged(identity: Identity, answer: Answer, personal_id: str, holder: Candidate) -> Ruling:
    """Returns what a sign-in comes to for the account as it is under lock; FailedPrecondition when it may have none.

    Asked once more, since it may have been closed while the provider was, or have turned out to be a child's.
    """
    admit(holder, Ground.COMMERCE, identity.clock.now())
    ours = Details(personal_id=personal_id, full_name=holder.full_name, birth_date=holder.birth_date)
    return rule(ours, (answer,), identity.policy.personal_id)


def _provider(identity: Identity, command: StartElectronicId) -> SignIn:
    """Returns whom to sign in with; InvalidRequest naming the field that does not fit the settings."""
    known = identity.providers.sign_ins
    if not known:
        raise FailedPrecondition(
            Reason.ELECTRONIC_ID_NOT_OFFERED, "no provider of electronic identification is configured here"
        )
    if not command.provider and len(known) > 1:
        raise InvalidRequest(FieldFault("provider", f"must name one of {', '.join(known)}", "REQUIRED"))
    provider = known.get(command.provider) if command.provider else next(iter(known.values()))
    if provider is None:
        raise InvalidRequest(FieldFault("provider", f"must be one of {', '.join(known)}", "UNKNOWN_PROVIDER"))
    if command.redirect_uri not in provider.redirect_uris:
        raise InvalidRequest(
            FieldFault("redirect_uri", "must be one of the addresses registered with the provider", "NOT_REGISTERED")
        )
    return provider
