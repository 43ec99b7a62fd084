"""What a process of identity does about webhooks, made from its settings: verbs, and work beside the calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import jobs
from xacthuc.identity.adapters.webhooks.deliverer import SLOTS, Deliverer
from xacthuc.identity.adapters.webhooks.dispatcher import Dispatcher
from xacthuc.identity.adapters.webhooks.sql_webhooks import SqlWebhooks
from xacthuc.identity.domain.webhooks import WAITS
from xacthuc.identity.usecases.webhooks import WebhookDesk
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.pools import Pools
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.identity.ports.webhooks import Post
    from xacthuc.identity.settings import IdentitySettings
    from xacthuc.policy import Policy
    from xacthuc.telemetry.start import Telemetry
    from xacthuc.watching.tail import Tail

_DRAIN: Final = timedelta(seconds=2)
_REPLAY_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What webhooks need of the rest of the process."""

    pools: Pools
    requests: SqlRequests
    secrets: WebhookSecrets
    tail: Tail[AccountEvent]
    post: Post


class WebhookAssembly:
    """The verbs and the work of one process about webhooks."""

    def __init__(
        self, settings: IdentitySettings, parts: WebhookParts, policy: Policy, clock: Clock, telemetry: Telemetry
    ) -> None:
        """Makes everything, starts nothing."""
        metrics = telemetry.metrics
        deliverer = Deliverer(
            parts.pools.webhooks,
            parts.secrets,
            parts.post,
            parts.tail,
            clock,
            disable_after=timedelta(days=policy.events.disable_after_days),
            count=metrics.webhook_attempts.add,
            disabled=metrics.webhooks_disabled.add,
        )
        # Apart from the other jobs: a receiver that hangs must not keep a key from being destroyed.
        self.worker = Worker(
            parts.pools.webhooks,
            jobs,
            {
                JobKind.WEBHOOK_DELIVERY: Work(deliverer.deliver, WAITS),
                JobKind.WEBHOOK_REPLAY: Work(deliverer.replay, _REPLAY_WAITS),
            },
            metrics,
            telemetry.tracer,
            slots=SLOTS,
            drain=_DRAIN,
        )
        self.dispatcher = Dispatcher(
            parts.pools.webhooks,
            parts.tail,
            clock,
            given=self.worker.wake,
            on_lag=metrics.webhook_lag_seconds.set,
        )
        self.desk = WebhookDesk(
            clock=clock,
            webhooks=SqlWebhooks(parts.pools.writes, parts.requests, parts.secrets, parts.tail),
            post=parts.post,
            ports=settings.webhook_ports,
            development=settings.development,
            appended=self.worker.wake,
        )
