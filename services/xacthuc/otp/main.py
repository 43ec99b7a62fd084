"""The one-time-code service, put together: read top to bottom. Run with `python -m xacthuc.otp`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc import process
from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, resources_pb2, service_pb2
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.session_directory import SessionDirectory
from xacthuc.credentials.signing import verifying_key
from xacthuc.credentials.staff import Role
from xacthuc.grpckit.server import ServerBuilder, service_of
from xacthuc.otp import store_errors
from xacthuc.otp.adapters.camara.operators import opened_operators
from xacthuc.otp.adapters.valkey_admin import ValkeyAdministration
from xacthuc.otp.adapters.valkey_challenges import ValkeyChallenges
from xacthuc.otp.adapters.valkey_figures import ValkeyFigures
from xacthuc.otp.adapters.valkey_guard import ValkeyGuard
from xacthuc.otp.adapters.valkey_guard_subjects import ValkeyGuardSubjects
from xacthuc.otp.adapters.valkey_limits import ValkeyLimits
from xacthuc.otp.adapters.valkey_notices import ValkeyNotices, notice_rules
from xacthuc.otp.adapters.valkey_outcomes import ValkeyOutcomes
from xacthuc.otp.adapters.valkey_spending import ValkeySpending
from xacthuc.otp.domain.code import Deriver
from xacthuc.otp.domain.guard import GuardRules
from xacthuc.otp.domain.guard_ledger import life_slots
from xacthuc.otp.domain.notices import NumberBudget
from xacthuc.otp.domain.rules import Rules
from xacthuc.otp.domain.starter import Digests
from xacthuc.otp.servicer import LookNotes, OtpAdminServicer, OtpInternalServicer, OtpServicer, ReadNotes
from xacthuc.otp.settings import OtpSettings
from xacthuc.otp.texts import loading
from xacthuc.otp.usecases.delivering import Delivery
from xacthuc.otp.usecases.otp import Otp
from xacthuc.otp.wire import challenges
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS, Limiter
from xacthuc.sealing import Sealer
from xacthuc.telemetry import start as telemetry
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.clock import Clock
    from xacthuc.otp.ports.network import Operator
    from xacthuc.telemetry.start import Telemetry


ANYBODY: Final = frozenset(Role)
OPS: Final = frozenset({Role.OPS})
OPS_OR_OFFICER: Final = frozenset({Role.OPS, Role.OFFICER})
ADMIN_ROLES: Final = {
    "ImportBlockList": OPS_OR_OFFICER,
    "UnblockNumber": OPS_OR_OFFICER,
    "SetKillSwitch": OPS,
    "ListProviders": ANYBODY,
    "ListDeliveryFigures": ANYBODY,
    "ExplainChoice": ANYBODY,
    "SetSpendCap": OPS,
    "ListSpending": ANYBODY,
    "ListGuardSubjects": ANYBODY,
    "ExemptGuardSubject": OPS,
    "InspectChallenge": OPS_OR_OFFICER,
}
"""The roles of which an operator has one to call each administrative method."""

READS: Final = {"ListGuardSubjects", "InspectChallenge"}
"""Those that show what people did, or that somebody is suspicious."""

LOOKS: Final = {"ListProviders", "ListDeliveryFigures", "ExplainChoice", "ListSpending"}
"""Those that show nothing of a person: written down once a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the service stands on. A test gives its own clock and store; `serve` gives the machine's."""

    clock: Clock
    store: Store
    keys: KeyDirectory
    staff: SessionDirectory
    reporting: Telemetry
    limiter: Limiter
    plan: NumberPlan
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    operators: Mapping[str, Operator] = field(default_factory=dict)
    """As `opened_operators` gives them."""


def compose(settings: OtpSettings, on: Surroundings) -> ServerBuilder:
    """Puts the service together from its settings and its surroundings."""
    policy, metrics = Policy.load(settings.policy_file), on.reporting.metrics
    rules = Rules.of(policy.otp)
    code_keys, sealer, number_key = settings.code_ring, Sealer(settings.seal_ring), settings.number_index_key
    tolerance_ms = on.clock_tolerance_ms
    channels = tuple(resources_pb2.Challenge.Channel.Value(name) for name in settings.resend_channels)
    money = ValkeySpending(store=on.store, spend=policy.spend)
    guard_rules, life = GuardRules.of(policy.guard), life_slots(rules.ttl_ms)

    otp = Otp(
        clock=on.clock,
        plan=on.plan,
        rules=rules,
        deriver=Deriver(code_keys.keys, code_keys.current),
        digests=Digests(number_key),
        number_key=number_key,
        challenges=ValkeyChallenges.over(on.store, rules, sealer, number_key, clock_tolerance_ms=tolerance_ms),
        limits=ValkeyLimits.of(
            on.limiter, money, policy.otp, rules.keep_ms, lambda limit: metrics.limit_failures.add(limit.name.lower())
        ),
        guard=ValkeyGuard(
            store=on.store,
            rules=guard_rules,
            life=life,
            clock_tolerance_ms=tolerance_ms,
            let_through=lambda: metrics.limit_failures.add("guard"),
            told=lambda decision: metrics.guard_decisions.add(decision.kind, decision.verdict.name),
        ),
        brand_of=on.keys.brand_of,
        channels=channels,
        has_notice=loading.load(settings.texts_directory, policy).has_notice,
        operators=on.operators,
        started=lambda operator, channel: metrics.challenges.add(
            operator, resources_pb2.Challenge.Channel.Name(resources_pb2.Challenge.Channel.ValueType(channel))
        ),
        checked=lambda verdict: metrics.codes_checked.add(verdict.name),
        development=settings.development,
    )
    subjects = ValkeyGuardSubjects(store=on.store, rules=guard_rules, life=life, clock_tolerance_ms=tolerance_ms)
    render = challenges.Renderer(rules, channels)
    notices = ValkeyNotices(
        store=on.store,
        limiter=on.limiter,
        money=money,
        rules=notice_rules(policy.bulk),
        number=NumberBudget.of(policy.bulk),
        sealer=sealer,
        number_key=number_key,
        keep_ms=rules.keep_ms,
        clock_tolerance_ms=tolerance_ms,
    )
    outcomes = ValkeyOutcomes(store=on.store, clock=on.clock, sealer=sealer, kept=settings.outcomes_kept)
    admin = ValkeyAdministration(store=on.store, limiter=on.limiter, number_key=number_key)
    delivery = Delivery(admin=admin, book=ValkeyFigures(on.store), choice=policy.choice)
    return (
        ServerBuilder(
            "otp",
            settings,
            on.reporting,
            keys=on.keys,
            staff=on.staff,
            translations=store_errors.TRANSLATIONS,
            shortcuts=challenges.SHORTCUTS,
        )
        .public(service_of(service_pb2, "OtpService"), OtpServicer(otp, render), scopes=Scope.OTP)
        .internal(
            service_of(internal_pb2, "OtpInternal"),
            OtpInternalServicer(otp, notices, outcomes),
            allow={
                "RedeemProof": {"identity", "guardian"},
                "DigestDevice": {"guardian"},
                "SendNotice": {"backfill", "identity"},
                "WatchOutcomes": {"identity", "backfill", "cli"},
            },
        )
        .admin(
            service_of(admin_pb2, "OtpAdmin"),
            OtpAdminServicer(otp, admin, money=money, subjects=subjects, delivery=delivery, render=render),
            roles=ADMIN_ROLES,
            first=dict.fromkeys(READS, ReadNotes(otp, admin)) | dict.fromkeys(LOOKS, LookNotes(otp, admin)),
        )
    )


async def serve(settings: OtpSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    clock, plan = SystemClock(), NumberPlan.load(settings.numbering_plan_file)
    reporting = telemetry.start("otp", settings, operators=plan.operators)
    store = await Store.connect(settings.state_url)
    limiter = Limiter(store)
    signed_by = verifying_key(settings.identity_public_key)
    keys = KeyDirectory(store, signed_by, clock, reporting.metrics, development=settings.development)
    staff = SessionDirectory(store, signed_by, clock, reporting.metrics)
    for directory in (keys, staff):
        await directory.start()
    try:
        async with opened_operators(settings.operators_directory, clock, reporting.metrics) as operators:
            on = Surroundings(
                clock=clock,
                store=store,
                keys=keys,
                staff=staff,
                reporting=reporting,
                limiter=limiter,
                plan=plan,
                operators=operators,
            )
            await compose(settings, on).build().run()
    finally:
        for directory in (keys, staff):
            await directory.stop()
        await limiter.drain()
        await store.close()
        reporting.close()


def main() -> None:
    """Reads the environment and serves."""
    process.main(OtpSettings, serve)


if __name__ == "__main__":
    main()
