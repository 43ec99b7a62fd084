"""The delivery worker, put together: read top to bottom. Run with `python -m xacthuc.otp.delivery`."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from xacthuc import process
from xacthuc.clock import SystemClock
from xacthuc.grpckit.ports import answering_probes
from xacthuc.ids import encode, random_bytes
from xacthuc.otp.adapters.valkey_challenges import sealed_number_context
from xacthuc.otp.adapters.valkey_figures import ValkeyFigures
from xacthuc.otp.adapters.valkey_guard_subjects import ValkeyGuardSubjects
from xacthuc.otp.adapters.valkey_limits import rules_of
from xacthuc.otp.adapters.valkey_notices import sealed_notice_context
from xacthuc.otp.delivery import providers
from xacthuc.otp.delivery.adapters import layout
from xacthuc.otp.delivery.adapters.ground import Ground
from xacthuc.otp.delivery.adapters.valkey_credits import LimitCredits
from xacthuc.otp.delivery.adapters.valkey_deadlines import ValkeyDeadlines
from xacthuc.otp.delivery.adapters.valkey_fold import Fold
from xacthuc.otp.delivery.adapters.valkey_guard_fold import GuardCredits
from xacthuc.otp.delivery.adapters.valkey_holdings import ValkeyHoldings
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.adapters.valkey_queue import ValkeyQueue
from xacthuc.otp.delivery.adapters.valkey_receipts import ValkeyReceipts
from xacthuc.otp.delivery.adapters.valkey_switches import ValkeySwitches
from xacthuc.otp.delivery.adapters.valkey_tallies import Tallies
from xacthuc.otp.delivery.compose import Composer
from xacthuc.otp.delivery.courier import Courier
from xacthuc.otp.delivery.domain.judgement import Judgement
from xacthuc.otp.delivery.failover import Failover
from xacthuc.otp.delivery.gate import Gate
from xacthuc.otp.delivery.insistence import InsistentQueue
from xacthuc.otp.delivery.learning import learn
from xacthuc.otp.delivery.meter import Meter, measure_circuits
from xacthuc.otp.delivery.ports import Channel
from xacthuc.otp.delivery.receipts import Receipts
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.delivery.suspension import Suspension
from xacthuc.otp.delivery.worker import Worker
from xacthuc.otp.domain.code import Deriver
from xacthuc.otp.domain.guard import GuardRules
from xacthuc.otp.domain.guard_ledger import life_slots
from xacthuc.otp.texts import loading, registration, reminders
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.policy.hours import Hours
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS, Limiter
from xacthuc.sealing import Sealer
from xacthuc.telemetry import start as telemetry
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.providers import Offered
    from xacthuc.policy import Otp
    from xacthuc.telemetry.start import Telemetry

_WORKER_BYTES = 9


async def work(settings: DeliverySettings) -> None:
    """Delivers until SIGTERM or SIGINT, then lets what is under way finish and gives its partitions up."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    clock, policy = SystemClock(), Policy.load(settings.policy_file)
    texts = loading.load(settings.texts_directory, policy)
    if settings.refuse_ended_senders:
        registration.require_current(texts, clock.now())
    code_keys, sealer = settings.code_ring, Sealer(settings.seal_ring)
    async with AsyncExitStack() as closing:
        offered = await closing.enter_async_context(providers.opened(settings, clock))
        operators = NumberPlan.load(settings.numbering_plan_file).operators
        providers.require_known_operators(offered, operators)
        reporting = telemetry.start("otp-delivery", settings, providers=offered.names, operators=operators)
        closing.callback(reporting.close)
        reminders.measure(texts, clock, reporting.metrics)
        composer = Composer(
            texts=texts,
            deriver=Deriver(code_keys.keys, code_keys.current),
            sealer=sealer,
            number_context=sealed_number_context,
            notice_context=sealed_notice_context,
            metrics=reporting.metrics,
        )
        store = await Store.connect(settings.state_url)
        closing.push_async_callback(store.close)
        worker, receipts = assemble(
            settings,
            clock=clock,
            store=store,
            composer=composer,
            offered=offered,
            operators=operators,
            reporting=reporting,
        )
        await closing.enter_async_context(offered.listening(settings, receipts))
        await closing.enter_async_context(answering_probes(settings.health_address))
        ground = ground_of(worker, receipts, store=store, composer=composer, clock=clock)
        await worker.run(stop, [*offered.jobs(ground), reminders.remind(texts, clock)])


def assemble(
    settings: DeliverySettings,
    *,
    clock: Clock,
    store: Store,
    composer: Composer,
    offered: Offered,
    operators: Collection[str],
    reporting: Telemetry,
) -> tuple[Worker, Receipts]:
    """Puts the worker together, and what takes its receipts."""
    limiter = Limiter(store)
    offered.routes.judgement = Judgement(composer.policy.choice, Random())  # chance, and no secret
    measure_circuits(offered.routes, reporting.metrics)
    policy, routes = composer.policy, offered.routes
    routes.fallback = fallback_channels(policy.otp)
    queue = ValkeyQueue(
        store=store,
        notice_life=settings.notice_life,
        receipt_waits_ms=tuple(seconds * 1000 for seconds in policy.otp.receipt_wait_seconds),
    )
    receipts = Receipts(
        book=ValkeyReceipts(store=store), clock=clock, metrics=reporting.metrics, tracer=reporting.tracer
    )

    def live_workers() -> int:
        return worker.leases.live()  # the worker is made below, of what is made here

    gate = Gate(
        switches=ValkeySwitches(limiter=limiter, clock=clock),
        purse=ValkeyPurse(store=store, spend=policy.spend),
        hours=Hours.of(policy.bulk.hours),
        clock=clock,
        workers=live_workers,
    )
    courier = Courier(
        queue=InsistentQueue(queue=queue, clock=clock),
        gate=gate,
        routes=routes,
        composer=composer,
        receipts=receipts,
        clock=clock,
        tracer=reporting.tracer,
        metrics=reporting.metrics,
    )
    suspension = Suspension(
        subjects=ValkeyGuardSubjects(
            store=store,
            rules=GuardRules.of(policy.guard),
            life=life_slots(policy.otp.code_life_seconds * 1000),
            clock_tolerance_ms=CLOCK_TOLERANCE_MS,
        ),
        routes=routes,
        clock=clock,
    )
    routes.suspended = suspension.suspended
    fold = Fold(
        store=store,
        folders=(
            LimitCredits(limiter=limiter, rules=rules_of(composer.policy.otp), clock=clock),
            Tallies(store=store, clock=clock, operators=operators, counted=Meter(reporting.metrics).count),
            GuardCredits(store=store, clock=clock, life=life_slots(policy.otp.code_life_seconds * 1000)),
        ),
        clock=clock,
        kept=settings.outcomes_kept,
        script=layout.script("fold"),
    )
    worker = Worker(
        encode(random_bytes(_WORKER_BYTES)),
        settings=settings,
        clock=clock,
        store=store,
        holdings=ValkeyHoldings(store=store),
        queue=queue,
        courier=courier,
        fold=fold,
        failover=Failover(
            deadlines=ValkeyDeadlines(store=store), routes=routes, clock=clock, metrics=reporting.metrics
        ),
        routes=routes,
        background=(partial(learn, offered.routes, ValkeyFigures(store), clock), suspension.run),
    )
    for of, lane in zip(("codes", "notices"), worker.lanes, strict=True):
        reporting.metrics.slots(of, lane.concurrency, lane.under_way)
        reporting.metrics.queue_oldest_seconds.labels(of).set_function(partial(worker.oldest_age_seconds, lane))
    return worker, receipts


def fallback_channels(otp: Otp) -> dict[int, tuple[Channel, ...]]:
    """Returns by what a message goes when nobody sends it by its own channel, best first."""
    return {
        Channel[channel]: tuple(Channel[other] for other in others) for channel, others in otp.fallback_channels.items()
    }


def ground_of(worker: Worker, receipts: Receipts, *, store: Store, composer: Composer, clock: Clock) -> Ground:
    """Returns what the providers of a worker may use of it."""
    metrics = receipts.metrics
    token_seconds = metrics.zns_token_seconds
    return Ground(
        receive=receipts.receive,
        workers=worker.leases.live,
        store=store,
        sealer=composer.sealer,
        clock=clock,
        token_left=lambda provider, seconds: token_seconds.labels(provider).set(seconds),
        fault=metrics.smpp_faults.add,
        bound=lambda provider, count: metrics.smpp_binds.labels(provider).set(count),
    )


def main() -> None:
    """Reads the environment and works."""
    process.main(DeliverySettings, work)


if __name__ == "__main__":
    main()
