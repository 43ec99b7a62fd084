"""Every certificate between two services and their authority are replaced while families are made: no call fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from authority import Authority, replace
from upgrade import CALLERS, unbroken

PATIENCE = timedelta(seconds=120)
SERVICES = ("otp", "identity", "guardian")
CALLED = 2
"""How many services guardian calls, each over a connection of its own: identity, and what is in otp's place."""


@pytest.mark.timeout(600)
async def test_certificates_and_the_authority_are_replaced_between_guardian_and_identity_without_a_failed_call(
    home, service, eventually
):
    tls, following = service.identity.tls, Authority("the next authority")
    before = (tls / "ca.pem").read_bytes()
    children: list[str] = []
    ending = asyncio.Event()

    def moved() -> int:
        return service.log.read_text("utf-8").count('"event":"certificate_renewed"')

    async def after(change) -> None:
        """Changes files, waits until guardian calls both by them, and lets everybody do more."""
        already = moved()
        change()
        await eventually(lambda: moved() >= already + CALLED, within=PATIENCE)
        lived = len(children)
        await eventually(lambda: len(children) > lived + CALLERS, within=PATIENCE)

    def certify() -> None:
        for name in SERVICES:
            following.issue(tls, name)

    with unbroken() as answered:

        async def families(caller: int) -> None:
            turn = 0
            while not ending.is_set():
                child = f"be{caller}-{turn}"
                await home.raise_child(child, f"+84912{caller}{turn:05d}", answered)
                children.append(child)
                turn += 1

        async with asyncio.TaskGroup() as people:  # the first call that failed fails the test
            for caller in range(CALLERS):
                people.create_task(families(caller))
            await eventually(lambda: len(children) > CALLERS, within=PATIENCE)
            await after(lambda: replace(tls / "ca.pem", before + following.pem))
            await after(certify)
            await after(lambda: replace(tls / "ca.pem", following.pem))
            await after(certify)
            ending.set()

    await eventually(lambda: home.all_may_post(children), within=PATIENCE)
    assert "PEER_" not in service.identity.log.read_text("utf-8")
