"""A Zalo Official Account against Zalo on a real socket: what leaves, and how each answer is taken."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fake_zalo import TEMPLATES, FakeZalo, accept, error

from xacthuc.clock import SystemClock
from xacthuc.otp.delivery.adapters.ground import Ground
from xacthuc.otp.delivery.adapters.zns.provider import opened_zns, tracking_id
from xacthuc.otp.delivery.ports import Accepted, Channel, Left, Message, Rejected
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from delivery_world import Eventually

    from xacthuc.otp.delivery.adapters.zns.provider import ZnsProvider

pytestmark = pytest.mark.engine

MESSAGE = Message(
    id="mine",
    to="+84912345678",
    channel=Channel.ZALO_ZNS,
    text="",
    code="123456",
    brand="Diễn đàn",
    purpose="ACCOUNT_VERIFICATION",
    platform="forum",
)


class Workers:
    """Workers that share a store, each with a provider of its own."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.path = path
        self.left: list[float] = []
        self.sealer = Sealer(KeyRing({0: bytes(32)}, 0))

    @asynccontextmanager
    async def working(self, count: int = 1) -> AsyncIterator[list[ZnsProvider]]:
        clock = SystemClock()
        async with AsyncExitStack() as closing:
            providers, tasks = [], []
            for _ in range(count):
                store = await Store.connect(self.url)
                closing.push_async_callback(store.close)
                provider = await closing.enter_async_context(opened_zns(self.path, clock))
                ground = Ground(
                    receive=_nobody,
                    workers=lambda: count,
                    store=store,
                    sealer=self.sealer,
                    clock=clock,
                    token_left=lambda _name, seconds: self.left.append(seconds),
                )
                tasks.append(asyncio.create_task(provider.tend(ground)))
                providers.append(provider)
            try:
                yield providers
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    zalo = FakeZalo()
    await zalo.open()
    yield zalo
    await zalo.close()


@pytest.fixture
def workers(zalo: FakeZalo, valkey_url: str, tmp_path: Path) -> Workers:
    return Workers(valkey_url, zalo.file(tmp_path))


async def test_a_code_goes_out_as_a_template_and_is_known_by_our_tracking_id(zalo: FakeZalo, workers: Workers) -> None:
    async with workers.working() as [account]:
        assert await account.send(MESSAGE) == Accepted(tracking_id("mine"))

    assert zalo.received == [
        {
            "phone": "84912345678",
            "template_id": TEMPLATES["vi"],
            "template_data": {"otp": "123456", "brand": "Diễn đàn"},
            "tracking_id": tracking_id("mine"),
        }
    ]
    assert zalo.headers[0]["access_token"] == "access-1"


@pytest.mark.parametrize(
    ("locale", "template"), [("en", TEMPLATES["en"]), ("vi", TEMPLATES["vi"]), ("fr", TEMPLATES["vi"])]
)
async def test_a_language_without_a_template_is_written_to_in_vietnamese(
    zalo: FakeZalo, workers: Workers, locale: str, template: str
) -> None:
    async with workers.working() as [account]:
        await account.send(replace(MESSAGE, locale=locale))
    assert zalo.received[0]["template_id"] == template


async def test_a_notice_another_platform_and_a_reserved_number_are_not_taken(
    zalo: FakeZalo, valkey_url: str, tmp_path: Path
) -> None:
    path = zalo.file(tmp_path, extra='platforms = ["forum"]')
    async with Workers(valkey_url, path).working() as [account]:
        assert account.takes(MESSAGE)
        assert not account.takes(replace(MESSAGE, code=""))
        assert not account.takes(replace(MESSAGE, platform="video"))
        assert not account.takes(replace(MESSAGE, to="+84992000000"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (-118, Rejected(reason="not_reachable_here", channel_final=True)),
        (-114, Rejected(reason="not_reachable_here", channel_final=True)),
        (-141, Rejected(reason="not_reachable_here", channel_final=True)),
        (-133, Rejected(reason="night", channel_final=True)),
        (-144, Rejected(reason="quota_exhausted", hold_ms=30_000)),
        (-32, Rejected(reason="throttled", hold_ms=1_000)),
        (-131, Rejected(reason="template_refused")),
        (-105, Rejected(reason="credentials_refused")),
        (-100, Rejected(reason="unclear_answer", left=Left.DOUBT)),
        (-99_999, Rejected(reason="refused")),
    ],
)
async def test_each_code_is_told_what_it_means(
    zalo: FakeZalo, workers: Workers, *, code: int, expected: Rejected
) -> None:
    zalo.otherwise = error(code)
    async with workers.working() as [account]:
        assert await account.send(MESSAGE) == expected


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("garbage", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        ("error", Rejected(reason="unclear_answer", left=Left.DOUBT)),
        ("close", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("hang", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("drip", Rejected(reason="no_answer", left=Left.DOUBT)),
        ("throttle", Rejected(reason="throttled", hold_ms=1000)),
    ],
)
async def test_a_zalo_that_misbehaves_is_survived(
    zalo: FakeZalo, workers: Workers, do: str, expected: Rejected
) -> None:
    async with workers.working() as [account]:
        zalo.behave(do, times=1)
        assert await account.send(MESSAGE) == expected
        assert isinstance(await account.send(MESSAGE), Accepted)


async def test_three_workers_renew_once(zalo: FakeZalo, workers: Workers) -> None:
    async with workers.working(3) as accounts:
        answers = await asyncio.gather(*(account.send(MESSAGE) for account in accounts))

    assert all(isinstance(answer, Accepted) for answer in answers)
    assert zalo.refreshes == ["refresh-0"]


async def test_a_worker_that_starts_later_uses_what_the_store_has(zalo: FakeZalo, workers: Workers) -> None:
    async with workers.working() as [account]:
        await account.send(MESSAGE)
    async with workers.working() as [account]:
        assert isinstance(await account.send(MESSAGE), Accepted)
    assert zalo.renewals == 1


async def test_a_pair_is_renewed_with_a_fifth_of_its_life_left(
    zalo: FakeZalo, workers: Workers, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setattr("xacthuc.otp.delivery.adapters.zns.refresh._SHORTEST_SECONDS", 1)
    monkeypatch.setattr("xacthuc.otp.delivery.adapters.zns.tokens._LOOK_SECONDS", 0.05)
    zalo.expires_in = 1
    async with workers.working(2):
        await eventually(lambda: zalo.renewals >= 3)
    assert zalo.refreshes == [f"refresh-{number}" for number in range(len(zalo.refreshes))]


@pytest.fixture
def old_pairs_count_as_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xacthuc.otp.delivery.adapters.zns.tokens._YOUNG_MS", 0)


@pytest.mark.usefixtures("old_pairs_count_as_old")
async def test_a_token_that_zalo_refuses_is_renewed_and_the_message_sent(zalo: FakeZalo, workers: Workers) -> None:
    async with workers.working(3) as accounts:
        await accounts[0].send(MESSAGE)
        zalo.revoke()
        answers = await asyncio.gather(*(account.send(MESSAGE) for account in accounts))

    assert all(isinstance(answer, Accepted) for answer in answers)
    assert zalo.renewals == 2


@pytest.mark.usefixtures("old_pairs_count_as_old")
async def test_a_message_that_is_sent_anew_with_a_new_token_waits_for_its_turn_anew(
    zalo: FakeZalo, valkey_url: str, tmp_path: Path
) -> None:
    async with Workers(valkey_url, zalo.file(tmp_path, extra="per_second = 2.5")).working() as [account]:
        await account.send(MESSAGE)
        zalo.revoke()
        started = time.monotonic()
        assert isinstance(await account.send(MESSAGE), Accepted)
    assert time.monotonic() - started >= 1 / 2.5, "the refused request took a turn, too"


async def test_a_token_refused_as_soon_as_it_was_made_is_not_renewed_again_and_again(
    zalo: FakeZalo, workers: Workers
) -> None:
    zalo.behave("token")
    async with workers.working() as [account]:
        for _ in range(3):
            assert await account.send(MESSAGE) == Rejected(reason="credentials_refused")
    assert zalo.renewals == 1


async def test_without_a_token_nothing_is_sent_and_another_provider_may(zalo: FakeZalo, workers: Workers) -> None:
    zalo.behave("token:used_up", times=10)
    async with workers.working() as [account]:
        assert await account.send(MESSAGE) == Rejected(reason="credentials_refused", left=Left.NOTHING)
    assert zalo.received == []


@pytest.mark.usefixtures("old_pairs_count_as_old")
async def test_a_refresher_that_died_before_it_asked_is_replaced_when_its_right_ends(
    zalo: FakeZalo, workers: Workers
) -> None:
    store = await Store.connect(workers.url)
    now_ms = SystemClock().now_ms()
    await store.execute("HSET", "zns:{zalo}", "o", "dead", "u", now_ms + 700)
    async with workers.working(2) as accounts:
        assert zalo.refreshes == []
        answers = await asyncio.gather(*(account.send(MESSAGE) for account in accounts))
    assert all(isinstance(answer, Accepted) for answer in answers)
    assert zalo.renewals == 1
    assert SystemClock().now_ms() >= now_ms + 700
    await store.close()


@pytest.mark.usefixtures("old_pairs_count_as_old")
async def test_the_refresh_token_before_is_tried_when_the_new_one_is_refused(zalo: FakeZalo, workers: Workers) -> None:
    async with workers.working() as [account]:
        await account.send(MESSAGE)
        zalo.good_refresh = "refresh-0"  # as if the answer that gave refresh-1 had never been meant
        zalo.revoke()
        assert isinstance(await account.send(MESSAGE), Accepted)
    assert zalo.refreshes == ["refresh-0", "refresh-1", "refresh-0"]


@pytest.mark.usefixtures("old_pairs_count_as_old")
async def test_a_lost_pair_is_told_and_a_new_token_in_the_file_helps(
    zalo: FakeZalo, workers: Workers, tmp_path: Path
) -> None:
    async with workers.working() as [account]:
        await account.send(MESSAGE)
        zalo.revoke()
        zalo.good_refresh = "refresh-given-by-a-person"
        assert await account.send(MESSAGE) == Rejected(reason="credentials_refused")
    workers.path = zalo.file(tmp_path, seed="refresh-given-by-a-person")
    async with workers.working() as [account]:
        assert isinstance(await account.send(MESSAGE), Accepted)


async def test_a_worker_with_an_older_file_does_not_go_back_to_its_token(
    zalo: FakeZalo, workers: Workers, tmp_path: Path
) -> None:
    async with workers.working() as [account]:
        await account.send(MESSAGE)
        zalo.good_refresh = "newer"
        newer = Workers(workers.url, zalo.file(tmp_path, seed="newer"))
        async with newer.working() as [other]:
            await other.send(MESSAGE)
        zalo.file(tmp_path)
    async with workers.working() as [account]:
        assert isinstance(await account.send(MESSAGE), Accepted)
    assert zalo.refreshes == ["refresh-0", "newer"]


async def test_a_renewal_that_has_begun_is_kept_although_the_worker_stops(
    zalo: FakeZalo, workers: Workers, eventually: Eventually
) -> None:
    answered = asyncio.Event()

    async def renew_when_told(zalo: FakeZalo, asked: Any, writer: asyncio.StreamWriter) -> None:
        await answered.wait()
        await FakeZalo.handle(zalo, asked, writer)
        zalo.refreshes.pop()

    zalo.token_script.append(renew_when_told)
    async with workers.working():
        await eventually(lambda: zalo.refreshes)
        asyncio.get_running_loop().call_later(0.1, answered.set)
    async with workers.working() as [account]:
        assert isinstance(await account.send(MESSAGE), Accepted)
    assert zalo.renewals == 1


async def test_the_store_holds_no_token_in_clear(zalo: FakeZalo, workers: Workers) -> None:
    async with workers.working() as [account]:
        await account.send(MESSAGE)
    store = await Store.connect(workers.url)
    kept = b"".join(await store.execute("HGETALL", "zns:{zalo}"))
    await store.close()
    assert b"access-1" not in kept
    assert b"refresh" not in kept


async def test_how_long_the_token_is_good_is_told(zalo: FakeZalo, workers: Workers, eventually: Eventually) -> None:
    async with workers.working():
        await eventually(lambda: workers.left and workers.left[-1] > 89_000)


@pytest.mark.parametrize("do", ["hang", "close", "garbage", "error", "drip"])
async def test_a_token_request_that_goes_wrong_is_survived(zalo: FakeZalo, workers: Workers, do: str) -> None:
    zalo.behave(f"token:{do}")
    async with workers.working() as [account]:
        assert await account.send(MESSAGE) == Rejected(reason="credentials_refused", left=Left.NOTHING)
        zalo.otherwise = accept
        assert len(zalo.refreshes) == 1


async def _nobody(_provider: str, _receipt: object) -> None:
    raise AssertionError("no receipts here")
