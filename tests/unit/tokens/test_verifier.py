"""The client's verifiers: what they ask the issuer for, how often, and what they do while it does not answer.

Every rule is tested on the blocking and on the asyncio verifier, driven as one.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from token_issuer import ACCOUNT, ISSUER, NOW, PLATFORM, Issuer, claims, forged, header

from xacthuc.client import Action
from xacthuc.client.standing import (
    AsyncStandingVerifier,
    Expired,
    Freshness,
    KeysUnavailable,
    Standing,
    StandingVerifier,
    UnknownKey,
    WrongAudience,
    WrongIssuer,
)
from xacthuc.clock import FixedClock

SECOND, LIMITS = timedelta(seconds=1), Freshness()
Verify = Callable[[str], Awaitable[Standing]]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture(params=["blocking", "asyncio"])
def verifier(request, issuer, clock):
    about = {"platform": PLATFORM, "issuer": ISSUER, "clock": clock}
    if request.param == "blocking":
        return StandingVerifier(issuer.source, **about)
    return AsyncStandingVerifier(issuer.source_async, **about)


@pytest.fixture
def verify(verifier) -> Verify:
    async def run(token: str) -> Standing:
        if isinstance(verifier, StandingVerifier):
            return verifier.verify(token)
        believed = await verifier.verify(token)
        # What it began in the background has ended when its turn has come.
        await asyncio.sleep(0)
        return believed

    return run


async def test_a_standing_allows_what_it_lists(verify, issuer):
    believed = await verify(issuer.token())

    assert (believed.account, believed.allows(Action.POST), believed.allows(Action.SHARE)) == (ACCOUNT, True, False)


async def test_an_action_this_client_has_no_name_for_is_left_out(verify, issuer):
    believed = await verify(issuer.token(actions=["POST", "TELEPORT"]))

    assert believed.actions == {Action.POST}


async def test_a_standing_does_not_show_the_account(verify, issuer):
    assert ACCOUNT not in repr(await verify(issuer.token()))


async def test_the_keys_are_fetched_once_for_many_tokens(verify, issuer, clock):
    for _ in range(20):
        await verify(issuer.token(clock.now()))
        clock.advance(10 * SECOND)

    assert issuer.fetched == 1


async def test_keys_of_five_minutes_are_fetched_anew(verify, issuer, clock):
    await verify(issuer.token())
    clock.advance(LIMITS.refresh)
    await verify(issuer.token(clock.now()))

    assert issuer.fetched == 2


async def test_a_new_key_is_fetched_when_a_token_names_it(verify, issuer, clock):
    await verify(issuer.token())
    issuer.versions, issuer.current = [1, 2], 2
    clock.advance(LIMITS.pause)

    assert (await verify(issuer.token())).account == ACCOUNT


async def test_made_up_key_ids_cause_one_request_a_pause_whatever_their_number(verify, issuer, clock):
    await verify(issuer.token())
    clock.advance(LIMITS.pause)
    for number in range(50):
        with pytest.raises(UnknownKey):
            await verify(forged(header(kid=f"no key {number}"), claims()))

    assert issuer.fetched == 2


async def test_a_removed_key_is_refused_as_soon_as_the_keys_are_fetched_anew(verify, issuer, clock):
    removed = Issuer()
    await verify(removed.token())
    issuer.versions, issuer.current = [2], 2
    clock.advance(LIMITS.refresh)
    await verify(issuer.token(clock.now()))

    with pytest.raises(UnknownKey):
        await verify(removed.token(clock.now()))


async def test_while_the_issuer_is_silent_the_keys_at_hand_serve(verify, issuer, clock):
    await verify(issuer.token())
    issuer.down = OSError("no route")
    clock.advance(LIMITS.stale - SECOND)

    assert (await verify(issuer.token(clock.now()))).account == ACCOUNT


async def test_keys_of_a_quarter_of_an_hour_serve_no_more(verify, issuer, clock):
    await verify(issuer.token())
    issuer.down = OSError("no route")
    clock.advance(LIMITS.stale)

    with pytest.raises(KeysUnavailable) as caught:
        await verify(issuer.token(clock.now()))
    assert caught.value.__cause__ is issuer.down


async def test_without_any_keys_a_token_is_not_believed_and_the_cause_is_told(verify, verifier, issuer):
    issuer.down = OSError("no route")

    with pytest.raises(KeysUnavailable) as caught:
        await verify(issuer.token())
    assert (caught.value.__cause__, verifier.failure, verifier.fetch_time) == (issuer.down, issuer.down, None)


async def test_a_silent_issuer_is_asked_once_a_pause(verify, issuer, clock):
    issuer.down = OSError("no route")
    for _ in range(21):
        with pytest.raises(KeysUnavailable):
            await verify(issuer.token(clock.now()))
        clock.advance(SECOND)

    assert issuer.fetched == 5


async def test_an_issuer_that_is_back_is_believed_after_a_pause(verify, verifier, issuer, clock):
    issuer.down = OSError("no route")
    with pytest.raises(KeysUnavailable):
        await verify(issuer.token())
    issuer.down = None
    clock.advance(LIMITS.pause)
    await verify(issuer.token(clock.now()))

    assert (verifier.failure, verifier.fetch_time) == (None, clock.now())


async def test_a_document_that_is_no_key_set_does_not_replace_one(verify, verifier, issuer, clock, monkeypatch):
    await verify(issuer.token())
    monkeypatch.setattr(verifier, "_source", _answering(verifier, {"keys": []}))
    clock.advance(LIMITS.refresh)

    assert (await verify(issuer.token(clock.now()))).account == ACCOUNT


async def test_a_clock_that_was_set_back_a_day_believes_no_old_keys(issuer, verify, verifier):
    later = FixedClock(NOW + timedelta(days=1))
    verifier._clock, present = later, verifier._clock
    await verify(issuer.token(later.now()))
    verifier._clock, issuer.down = present, OSError("no route")

    with pytest.raises(KeysUnavailable):
        await verify(issuer.token())


@pytest.mark.parametrize(
    ("about", "error"), [({"platform": "market"}, WrongAudience), ({"issuer": "https://x.example"}, WrongIssuer)]
)
def test_a_verifier_believes_one_issuer_for_one_platform(issuer, clock, about, error):
    meant = {"platform": PLATFORM, "issuer": ISSUER, **about}

    with pytest.raises(error):
        StandingVerifier(issuer.source, clock=clock, **meant).verify(issuer.token())


def test_the_clock_is_the_machines_own_when_none_is_given(issuer):
    with pytest.raises(Expired):
        StandingVerifier(issuer.source, platform=PLATFORM, issuer=ISSUER).verify(
            issuer.token(NOW - timedelta(days=400))
        )


@pytest.mark.parametrize(
    "times",
    [
        {"pause": timedelta(0)},
        {"pause": timedelta(minutes=6)},
        {"refresh": timedelta(hours=1)},
    ],
)
def test_times_that_do_not_rise_are_refused(times):
    with pytest.raises(ValueError, match="must rise"):
        Freshness(**times)


def test_threads_that_come_while_the_first_keys_are_fetched_wait_for_them(issuer, clock):
    asked, answer = threading.Event(), threading.Event()

    def source() -> object:
        asked.set()
        assert answer.wait(10)
        return issuer.source()

    verifier = StandingVerifier(source, platform=PLATFORM, issuer=ISSUER, clock=clock)
    threads, believed = _verifying(verifier, issuer.token(), 8)
    assert asked.wait(10)
    answer.set()
    for thread in threads:
        thread.join(10)

    assert (len(believed), issuer.fetched) == (8, 1)


def test_threads_go_on_with_the_old_keys_while_one_fetches_new_ones(issuer, clock):
    asked, answer = threading.Event(), threading.Event()
    verifier = StandingVerifier(issuer.source, platform=PLATFORM, issuer=ISSUER, clock=clock)
    verifier.verify(issuer.token())

    def source() -> object:
        asked.set()
        assert answer.wait(10)
        return issuer.source()

    verifier._source = source
    clock.advance(LIMITS.refresh)
    token = issuer.token(clock.now())
    waiting, _ = _verifying(verifier, token, 1)
    assert asked.wait(10)
    others, believed = _verifying(verifier, token, 4)
    for thread in others:
        thread.join(10)
    went_on = len(believed)
    answer.set()
    waiting[0].join(10)

    assert went_on == 4


async def test_tasks_that_come_together_ask_once(issuer, clock):
    verifier = AsyncStandingVerifier(issuer.source_async, platform=PLATFORM, issuer=ISSUER, clock=clock)
    believed = await asyncio.gather(*(verifier.verify(issuer.token()) for _ in range(20)))

    assert (len(believed), issuer.fetched) == (20, 1)


async def test_a_task_that_gives_up_does_not_end_the_request_of_the_others(issuer, clock):
    answer = asyncio.Event()

    async def source() -> object:
        await answer.wait()
        return issuer.source()

    verifier = AsyncStandingVerifier(source, platform=PLATFORM, issuer=ISSUER, clock=clock)
    impatient = asyncio.create_task(verifier.verify(issuer.token()))
    patient = asyncio.create_task(verifier.verify(issuer.token()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    impatient.cancel()
    answer.set()

    assert (await patient).account == ACCOUNT
    assert impatient.cancelled()


async def test_a_task_with_young_enough_keys_does_not_wait_for_newer_ones(issuer, clock):
    verifier = AsyncStandingVerifier(issuer.source_async, platform=PLATFORM, issuer=ISSUER, clock=clock)
    await verifier.verify(issuer.token())
    answer = asyncio.Event()

    async def source() -> object:
        await answer.wait()
        return issuer.source()

    verifier._source = source
    clock.advance(LIMITS.refresh)
    believed = await asyncio.wait_for(verifier.verify(issuer.token(clock.now())), 5)
    answer.set()

    assert believed.account == ACCOUNT


def test_without_cryptography_the_import_says_what_to_install():
    program = "import sys; sys.modules['cryptography'] = None; import xacthuc.client.standing"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "pip install 'xacthuc[tokens]'" in ended.stderr.splitlines()[-1]


def test_verifying_imports_cryptography_and_nothing_else_beyond_the_client():
    program = (
        "import sys, xacthuc.client; own = set(sys.modules); import xacthuc.client.standing;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - own} - sys.stdlib_module_names)"
    )
    listed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    # Compiled parts of cryptography name themselves so.
    assert {name for name in listed.split() if not name.startswith("_")} <= {"cryptography", "cffi", "xacthuc"}


def _answering(verifier: StandingVerifier | AsyncStandingVerifier, document: object) -> Callable[[], Any]:
    async def later() -> object:
        return document

    return later if isinstance(verifier, AsyncStandingVerifier) else lambda: document


def _verifying(verifier: StandingVerifier, token: str, count: int) -> tuple[list[threading.Thread], list[Standing]]:
    believed: list[Standing] = []
    threads = [threading.Thread(target=lambda: believed.append(verifier.verify(token))) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, believed
