"""The delivery worker, put together: read top to bottom. Run with `python -m xacthuc.otp.delivery`."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from xacthuc import process
from xacthuc.clock import SystemClock
from xacthuc.ids import encode, random_bytes
from xacthuc.otp.adapters.valkey_challenges import sealed_number_context
from xacthuc.otp.adapters.valkey_limits import rules_of
from xacthuc.otp.adapters.valkey_notices import sealed_notice_context
from xacthuc.otp.delivery import providers
from xacthuc.otp.delivery.adapters import layout
from xacthuc.otp.delivery.adapters.valkey_fold import Fold
from xacthuc.otp.delivery.adapters.valkey_holdings import ValkeyHoldings
from xacthuc.otp.delivery.adapters.valkey_queue import ValkeyQueue
from xacthuc.otp.delivery.adapters.valkey_receipts import ValkeyReceipts
from xacthuc.otp.delivery.adapters.valkey_switches import ValkeySwitches
from xacthuc.otp.delivery.compose import Composer
from xacthuc.otp.delivery.courier import Courier
from xacthuc.otp.delivery.receipts import Receipts
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.delivery.worker import Worker
from xacthuc.otp.domain.code import Deriver
from xacthuc.policy import Policy
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.telemetry import start as telemetry
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.providers import Offered
    from xacthuc.telemetry.start import Telemetry

_WORKER_BYTES = 9


async def work(settings: DeliverySettings) -> None:
    """Delivers until SIGTERM or SIGINT, then lets what is under way finish and gives its partitions up."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    clock, policy = SystemClock(), Policy.load(settings.policy_file)
    code_keys = KeyRing.read(settings.code_keys)
    composer = Composer(
        policy=policy,
        deriver=Deriver(code_keys.keys, code_keys.current),
        sealer=Sealer(KeyRing.read(settings.seal_keys)),
        number_context=sealed_number_context,
        notice_context=sealed_notice_context,
    )
    async with AsyncExitStack() as closing:
        offered = await closing.enter_async_context(providers.opened(settings, clock))
        reporting = telemetry.start("otp-delivery", settings, providers=offered.names)
        closing.callback(reporting.close)
        store = await Store.connect(settings.state_url)
        closing.push_async_callback(store.close)
        worker, receipts = assemble(
            settings, clock=clock, store=store, composer=composer, offered=offered, reporting=reporting
        )
        await closing.enter_async_context(offered.listening(settings, receipts))
        await worker.run(stop, offered.jobs(receipts))


def assemble(
    settings: DeliverySettings,
    *,
    clock: Clock,
    store: Store,
    composer: Composer,
    offered: Offered,
    reporting: Telemetry,
) -> tuple[Worker, Receipts]:
    """Puts the worker together, and what takes its receipts."""
    limiter = Limiter(store)
    queue = ValkeyQueue(store=store, notice_life=settings.notice_life)
    receipts = Receipts(book=ValkeyReceipts(store=store), clock=clock, metrics=reporting.metrics)
    courier = Courier(
        queue=queue,
        switches=ValkeySwitches(limiter=limiter, clock=clock),
        routes=offered.routes,
        composer=composer,
        receipts=receipts,
        clock=clock,
        tracer=reporting.tracer,
        metrics=reporting.metrics,
    )
    fold = Fold(
        store=store,
        limiter=limiter,
        rules=rules_of(composer.policy.otp),
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
        routes=offered.routes,
    )
    reporting.metrics.queue_oldest_seconds.set_function(worker.oldest_age_seconds)
    return worker, receipts


def main() -> None:
    """Reads the environment and works."""
    process.main(DeliverySettings, work)


if __name__ == "__main__":
    main()
