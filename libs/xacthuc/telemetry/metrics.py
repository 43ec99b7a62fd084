"""Every metric of the product: its name, its meaning, its labels and the closed set each label draws from.

Nothing else names a metric. If you add one you must also: end its name with its unit (`_seconds`, `_total`), give its
labels closed sets, and see whether a dashboard or a rule wants it. No label may be personal or per account.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.reasons import Reason
from xacthuc.policy.vocabulary import Action
from xacthuc.policy.vocabulary import Reason as DecisionReason
from xacthuc.ratelimit.limits import Limit
from xacthuc.telemetry.cells import Distribution, Level, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from prometheus_client import CollectorRegistry

RPC_BOUNDS_SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip
"""15 ms is the promised p99 of one call; 5 s is the ceiling of a deadline."""

PROVIDER_BOUNDS_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
DELIVERY_BOUNDS_SECONDS: Final = (1.0, 2.5, 5.0, 10.0, 15.0, 25.0, 40.0, 60.0, 120.0, 300.0)

KEY_FAILURES: Final = frozenset({"store", "signature"})
GUARD_KINDS: Final = frozenset({"operator", "prefix", "provider"})
GUARD_VERDICTS: Final = frozenset({"PASSED", "RECORDED", "CHALLENGED", "EXEMPTED"})
SIGN_IN_MEANS: Final = frozenset({"IDENTITY_PROVIDER", "BREAK_GLASS"})
SIGN_IN_OUTCOMES: Final = frozenset({"signed_in", "refused", "not_admitted", "limited"})
LIMITS: Final = frozenset(
    {limit.name.lower() for limit in Limit}
    | {"guard", "break_glass"}
    | {"link_repeats", "link_confirmations", "link_invitations_of_child", "link_invitations_of_person"}
)
"""What `LimitExceeded.limit` says (docs/limits.md)."""
SLOTS: Final = frozenset(
    {"calls", "streams", "codes", "notices"}
    | {f"database_{pool}" for pool in ("writes", "reads", "imports", "audit", "keys", "jobs", "works")}
    | {f"database_{pool}" for pool in ("events", "webhooks", "counts", "sends")}
)
"""What this process has so many of: calls and streams at once, messages under way by lane, connections by pool."""
CHANNELS: Final = frozenset({"SMS", "ZALO_ZNS", "VOICE"})
START_CHANNELS: Final = CHANNELS | {"NETWORK"}
VERDICTS: Final = frozenset({"VERIFIED", "WRONG", "EXPIRED", "EXHAUSTED", "ALREADY_USED", "CANCELED"})
MESSAGE_OUTCOMES: Final = frozenset({"sent", "delivered", "failed", "verified"})
AUTOFILL_KINDS: Final = frozenset({"web", "android"})
AUTOFILL_OUTCOMES: Final = frozenset({"added", "left_out"})
RECEIPT_OUTCOMES: Final = frozenset(
    {"delivered", "failed", "expired", "repeated", "unmatched", "unsigned", "unreadable"}
)
WEBHOOK_OUTCOMES: Final = frozenset(
    {"ACCEPTED", "REFUSED", "FAILED", "REDIRECTED", "TIMED_OUT"}
    | {"UNREACHABLE", "UNTRUSTED", "UNRESOLVED", "FORBIDDEN_ADDRESS", "GARBLED"}
)
PORTS: Final = frozenset({"public", "internal"})
JOB_RESULTS: Final = frozenset({"done", "waits", "failed", "held", "returned", "lost"})
SMPP_FAULTS: Final = frozenset(
    {"unreachable", "no_bind", "bind_refused", "credentials_refused", "lost", "failed"}  # ends of a connection
    | {"malformed", "malformed_receipt", "unknown_command", "unknown_response", "nack"}  # what the center sent
    | {"no_response", "busy", "inbound"},
)
"""What goes wrong with a message center; docs/providers.md says what to do about each."""


class Metrics:
    """The metrics of one process, in a registry of their own so that tests can have several."""

    def __init__(  # noqa: PLR0915 - a catalogue: a statement for each metric
        self,
        registry: CollectorRegistry,
        *,
        providers: Collection[str] = (),
        operators: Collection[str] = (),
        jobs: Collection[str] = (),
    ) -> None:
        """Takes the closed sets of this process.

        `providers` are the configured message providers, `operators` the ranges of the numbering plan, `jobs` the kinds.
        """
        self.registry = registry
        gauge, tally = partial(Level, registry=registry), partial(Tally, registry)
        distribution = partial(Distribution, registry)

        self.rpc_seconds = distribution(
            "xacthuc_rpc_server_duration_seconds",
            "Time from request to answer of calls served, by method and status",
            ("service", "method", "code"),
            RPC_BOUNDS_SECONDS,
        )
        self.rpc_errors = tally(
            "xacthuc_rpc_server_errors", "Errors answered, by reason (docs/errors.md)", {"reason": frozenset(Reason)}
        )
        self._slots = gauge(
            "xacthuc_slots", "What this process has of something that only so many may use at once", ("of",)
        )
        self._slots_taken = gauge(
            "xacthuc_slots_taken",
            "How much of it is in use; when all is, calls and streams are shed and the others wait",
            ("of",),
        )
        self._certificate_not_before = gauge(
            "xacthuc_certificate_not_before_seconds",
            "Since when the certificate holds that a port presents at its next handshake, as Unix time",
            ("port",),
        )
        self._certificate_not_after = gauge(
            "xacthuc_certificate_not_after_seconds",
            "Until when it holds: what was not renewed refuses every new connection from then on",
            ("port",),
        )
        self.rpc_client_seconds = distribution(
            "xacthuc_rpc_client_duration_seconds",
            "Time of calls to other services, by method and status",
            ("service", "method", "code"),
            RPC_BOUNDS_SECONDS,
        )

        self.keys_known = gauge("xacthuc_keys_known", "Platform keys in the local directory")
        self.keys_age_seconds = gauge(
            "xacthuc_keys_age_seconds", "Age of the local directory of platform keys; refused above 900"
        )
        self.keys_refresh_failures = tally(
            "xacthuc_keys_refresh_failures", "Refreshes of the key directory that failed", {"cause": KEY_FAILURES}
        )

        self.staff_sign_ins = tally(
            "xacthuc_staff_sign_ins",
            "Sign-ins of the staff, by means and what came of them; any with the break-glass account is an alarm",
            {"means": SIGN_IN_MEANS, "outcome": SIGN_IN_OUTCOMES},
        )

        self.limits_hit = tally(
            "xacthuc_limits_hit",
            "Calls refused by a limit, by its name (docs/limits.md); shed calls are errors with reason OVERLOADED",
            {"limit": LIMITS},
        )
        self.limit_failures = tally(
            "xacthuc_limit_failures", "Limits that could not be asked and let a call pass", {"limit": LIMITS}
        )
        self.challenges = tally(
            "xacthuc_challenges",
            "Challenges started, by the operator of the number's range and the channel that was asked for",
            {"operator": operators, "channel": START_CHANNELS},
        )
        self.codes_checked = tally(
            "xacthuc_codes_checked", "Answers to codes that people entered, by verdict", {"verdict": VERDICTS}
        )
        self.decisions = tally(
            "xacthuc_decisions",
            "Decisions about actions, by why they fell so",
            {"action": frozenset(Action), "reason": frozenset(DecisionReason)},
        )

        self.guard_decisions = tally(
            "xacthuc_guard_decisions",
            "Messages judged by the fraud guard, by the subject that decided (docs/fraud.md)",
            {"kind": GUARD_KINDS, "verdict": GUARD_VERDICTS},
        )

        self.send_seconds = distribution(
            "xacthuc_send_duration_seconds",
            "Time a provider took to accept or refuse a message",
            ("provider", "outcome"),
            PROVIDER_BOUNDS_SECONDS,
        )
        self.network_seconds = distribution(
            "xacthuc_network_check_duration_seconds",
            "Time an operator took to confirm a number or not, by what it said",
            ("operator", "outcome"),
            PROVIDER_BOUNDS_SECONDS,
        )
        self.personal_id_seconds = distribution(
            "xacthuc_personal_id_check_duration_seconds",
            "Time it took to be told who somebody is, by whom and what was said (docs/personal-id-providers.md)",
            ("kind", "provider", "outcome"),
            PROVIDER_BOUNDS_SECONDS,
        )
        self.receipts = tally(
            "xacthuc_receipts",
            "Delivery receipts, by provider and outcome",
            {"provider": providers, "outcome": RECEIPT_OUTCOMES},
        )
        self.failovers = tally(
            "xacthuc_failovers",
            "Codes sent again because no receipt of the provider said in time that they arrived",
            {"provider": providers},
        )
        self.delivery_seconds = distribution(
            "xacthuc_delivery_duration_seconds",
            "Time from a challenge to the receipt that its message arrived",
            ("provider",),
            DELIVERY_BOUNDS_SECONDS,
        )
        places = {"provider": providers, "operator": operators, "channel": CHANNELS}
        self.messages = tally(
            "xacthuc_messages",
            "Codes by what became of them, each counted once by whoever folds its partition; the conversion is"
            " verified over sent",
            {**places, "outcome": MESSAGE_OUTCOMES},
        )
        self.message_cost_vnd = tally("xacthuc_message_cost_vnd", "Dong that codes cost by the provider files", places)
        self.message_seconds = distribution(
            "xacthuc_message_delivery_seconds",
            "Time from the queue to the receipt that a code arrived",
            tuple(places),
            DELIVERY_BOUNDS_SECONDS,
        )
        self.circuit_open = gauge(
            "xacthuc_provider_circuit_open",
            "Whether this worker leaves a provider alone after failures in a row",
            ("provider",),
        )
        self.smpp_binds = gauge(
            "xacthuc_smpp_binds", "Connections on which messages can be submitted now, by message center", ("provider",)
        )
        self.smpp_faults = tally(
            "xacthuc_smpp_faults",
            "Connections to message centers that ended, and what came over them that should not, by cause",
            {"provider": providers, "cause": SMPP_FAULTS},
        )
        self.zns_token_seconds = gauge(
            "xacthuc_zns_token_seconds",
            "Time until a Zalo access token runs out; renewed with a fifth of its life left",
            ("provider",),
        )
        self.queue_oldest_seconds = gauge(
            "xacthuc_queue_oldest_seconds", "Age of the oldest message waiting in the partitions held here", ("lane",)
        )
        self.autofill_lines = tally(
            "xacthuc_autofill_lines",
            "Messages whose last line lets a phone fill in the code was asked for, by whether it was added",
            {"kind": AUTOFILL_KINDS, "outcome": AUTOFILL_OUTCOMES},
        )
        self.sender_registration_seconds = gauge(
            "xacthuc_sender_registration_seconds",
            "Time until the first registration of a platform's sender name ends; negative once it has",
            ("platform",),  # of the text files, so their number bounds it
        )
        self.old_key_rows = gauge(
            "xacthuc_old_key_rows",
            "Rows under an older key than the current one, as this process last counted; none left, and the old line of the"
            " ring may be removed (docs/keys.md)",
            ("column",),
        )
        self.unreadable_accounts = tally(
            "xacthuc_unreadable_accounts",
            "Times that an account was read which does not open: it, or its key, is damaged (docs/keys.md)",
            {},
        )
        self.outbox_lag_seconds = gauge("xacthuc_outbox_lag_seconds", "Age of the oldest outbox row without a position")
        self.audit_lag_seconds = gauge(
            "xacthuc_audit_lag_seconds", "Age of the oldest entry of the audit trail without a seal; a second is usual"
        )
        self.audit_alarm = gauge(
            "xacthuc_audit_alarm",
            "Whether the audit trail contradicts its last checkpoint, or checkpoints cannot be kept (docs/record.md)",
            ("cause",),
        )
        self.webhook_lag_seconds = gauge(
            "xacthuc_webhook_lag_seconds",
            "How long the oldest event waits that a webhook was not told of; each process reads that of all",
        )
        self.webhook_attempts = tally(
            "xacthuc_webhook_attempts", "Deliveries to webhooks that were tried", {"outcome": WEBHOOK_OUTCOMES}
        )
        self.webhooks_disabled = tally(
            "xacthuc_webhooks_disabled", "Webhooks that were given up after days of failures", {}
        )
        self.accounts = gauge(
            "xacthuc_accounts",
            "Accounts of all platforms by state, as one process after the other counted them last (docs/operations.md)."
            " Each process tells those of all",
            ("state",),
        )
        self.backfill_accounts = gauge(
            "xacthuc_backfill_accounts",
            "Accounts of all campaigns by where they stand (docs/backfill.md); OPEN is what is left. Each process counts those"
            " of all, hourly",
            ("state",),
        )
        self.outcome_gaps = tally(
            "xacthuc_outcome_gaps",
            "Times that outcomes were no longer kept which identity had not dealt with: it was down for days",
            {},
        )
        self.retained_late_rows = gauge(
            "xacthuc_retained_late_rows",
            "Rows kept although their time has been over for longer than the policy's grace and no hold keeps them, by kind"
            " of data (docs/retention.md); above 0 is a breach. Each process counts those of all",
            ("data",),
        )
        self.duties_overdue = gauge(
            "xacthuc_duties_overdue",
            "Duties of people and of other services past their time, by kind (docs/retention.md). Each process counts"
            " those of all",
            ("duty",),
        )
        self.jobs_run = tally(
            "xacthuc_jobs_run",
            "Attempts at durable jobs, by how they ended; held ones wait for an operator",
            {"kind": jobs, "outcome": JOB_RESULTS},
        )
        self.jobs_waiting = gauge(
            "xacthuc_jobs_waiting",
            "Durable jobs whose time has come and that nobody has taken; each worker counts those of all",
            ("kind",),
        )
        self.jobs_held = gauge(
            "xacthuc_jobs_held",
            "Durable jobs that failed as often as they may and wait for an operator; each worker counts those of all",
            ("kind",),
        )

    def certificate(self, port: str, life: Callable[[], tuple[float, float]]) -> None:
        """Shows, whenever somebody looks, from when until when the certificate of a port of `PORTS` holds; KeyError."""
        if port not in PORTS:
            raise KeyError(port)
        self._certificate_not_before.labels(port).set_function(lambda: life()[0])
        self._certificate_not_after.labels(port).set_function(lambda: life()[1])

    def slots(self, of: str, most: int, taken: Callable[[], int]) -> None:
        """Shows how much is taken, whenever somebody looks, of what there are `most` of; KeyError outside of `SLOTS`."""
        if of not in SLOTS:
            raise KeyError(of)
        self._slots.labels(of).set(most)
        self._slots_taken.labels(of).set_function(taken)
