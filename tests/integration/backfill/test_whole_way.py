"""A campaign all the way to vendors: the service's adapters, the one-time-code service, a delivery worker and two vendors of
which one is down for a day. The campaign's clock is moved on by the hour. Nothing stands in anybody's place but the vendors."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from backfill_days import HOUR, Days, days_of
from delivery_world import Eventually, World, other_vendor, vendor
from fake_vendor import FakeVendor
from identity_process import IdentityProcess, identity_process
from otp_deployment import Deploy, deploy

from xacthuc.backfill.domain.campaign import Budget, Campaign, CampaignState, Canary, Provider, TargetState, Wave
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.ports.campaigns import NewTarget
from xacthuc.clock import SystemClock
from xacthuc.grpckit.errors import XacthucError
from xacthuc.otp.domain.code import Deriver
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours
from xacthuc.sealing import KeyRing, Sealer, read_key
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.valkey import Store

__all__ = ["deploy", "other_vendor", "vendor"]

BEGIN = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)  # eight in the morning in Vietnam
DAYS, A_DAY, ACCOUNTS = 4, 12, 36
OPEN = Hours.of("08:00-20:00")
PLATFORM = "forum"
FIRST, SECOND = "first", "second"
POLICY = 'version = "test-1"\n[bulk]\nhours = "00:00-24:00"\n[choice]\nmethod = "weighted"\n'
"""Delivery goes by the machine's time: the hours are the campaign's. It asks the first vendor, and the other one if need be."""
_LEASE = timedelta(minutes=1)
_LOOK_SECONDS = 0.1
PLAN = Campaign(
    campaign_id=UUID(int=7),
    begin=BEGIN,
    end=BEGIN + timedelta(days=DAYS),
    hours=OPEN,
    ladder=(Wave(after_days=0, notice_after_days=0), Wave(after_days=1, notice=False)),
    canary=Canary(percent=100, watch_hours=1, least=10 * ACCOUNTS, most_failed_percent=100),
    budget=Budget(vnd_per_day=-1, notices_per_day=A_DAY, person_notices=1, person_gap_days=1),
    providers=tuple(
        Provider(name=name, channel=DeliveryChannel.SMS, cost_vnd=800, per_second=50) for name in (FIRST, SECOND)
    ),
)


def targets() -> list[NewTarget]:
    """Returns accounts: some have no number, some are children, and two have the number of the account before."""
    made = []
    for n in range(ACCOUNTS):
        lacks = {0: AccountClass.UNREACHABLE, 1: AccountClass.NEEDS_GUARDIAN}.get(n % 9, AccountClass.NEEDS_PHONE)
        number = f"+849{10_000_000 + n - (n in {12, 22}):08}" if lacks is AccountClass.NEEDS_PHONE else ""
        made.append(NewTarget(account_id=f"a{n}", account_class=lacks, number=number))
    return made


@pytest.fixture
def clock() -> SystemClock:
    """That of the one-time-code service."""
    return SystemClock()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    made = tmp_path / "policy.toml"
    made.write_text(POLICY, "utf-8")
    return made


@pytest.fixture
def identity(database_url: str, lasting_valkey, tmp_path: Path) -> Iterator[IdentityProcess]:
    directory = tmp_path / "id"
    directory.mkdir()
    with identity_process(directory, database_url, lasting_valkey.url) as made:
        made.start()
        yield made


@pytest.fixture
def secrets(identity: IdentityProcess, tmp_path: Path) -> Path:
    """The keys and certificates that identity has, as one installation shares them."""
    made = tmp_path / "secrets"
    shutil.copytree(identity.tls, made)
    shutil.copytree(identity.keys, made, dirs_exist_ok=True)
    return made


@pytest.fixture
async def world(valkey_url: str, secrets: Path, tmp_path: Path) -> AsyncIterator[World]:
    """Delivery of the same installation."""
    store = await Store.connect(valkey_url, timeout_seconds=10)
    made = World(store, valkey_url, tmp_path)
    made.keys = secrets
    made.sealer = Sealer(KeyRing.read(secrets / "seal.keys"))
    made.number_key = read_key(secrets / "number-index.key")
    ring = KeyRing.read(secrets / "otp.keys")
    made.deriver = Deriver(ring.keys, ring.current)
    yield made
    await store.close()


class Way:
    """The campaign, hour by hour, and which vendor carried what to whom, when."""

    def __init__(self, days: Days, world: World, vendors: dict[str, FakeVendor]) -> None:
        self.days, self.world, self.vendors = days, world, vendors
        self.carried: list[tuple[datetime, str, str]] = []
        """Time, vendor and number of each message."""
        self._known = Counter[str]()

    async def hour(self) -> None:
        """Has everything done that is due, lets all of it reach a vendor, and moves time on to the next hour."""
        clock, now = self.days.clock, self.days.clock.now()
        while not await self._step():
            clock.advance(_LEASE)
        while await self.world.waiting():
            await asyncio.sleep(_LOOK_SECONDS)
        for name, each in self.vendors.items():
            new = each.received[self._known[name] :]
            self._known[name] += len(new)
            self.carried += [(now, name, f"+{message['to']}") for message in new]
        clock.advance(now + HOUR - clock.now())

    async def _step(self) -> bool:
        """Does all that is due; False when somebody was away, as on a busy machine: what was begun is then taken up later."""
        try:
            while await self.days.assembly.sending.step():
                pass
        except (DatabaseUnavailable, XacthucError):
            return False
        return True


@pytest.mark.timeout(600)
@pytest.mark.rule("R9")
async def test_vendors_carry_one_message_to_each_person_within_the_hours_though_one_is_down(
    identity: IdentityProcess,
    deploy: Deploy,
    world: World,
    policy: Path,
    vendor: FakeVendor,
    other_vendor: FakeVendor,
    database_url: str,
    eventually: Eventually,
):
    otp = await deploy(policy_file=policy)
    vendors = {FIRST: vendor, SECOND: other_vendor}
    vendor.file(world.providers, FIRST, weight=100)
    other_vendor.file(world.providers, SECOND, weight=1)
    everybody = targets()
    reached = {each.number for each in everybody if each.number}
    async with (
        world.working(policy_file=policy, lease_seconds=60),
        days_of(identity, database_url, PLATFORM, PLAN, otp_address=otp.internal_address) as days,
    ):
        way = Way(days, world, vendors)
        await days.begin(everybody)
        for hour in range(24 * DAYS + 2):
            if hour == 24:
                await vendor.close()
            if hour == 48:
                await vendor.open()
            await way.hour()

        async def heard() -> bool:
            await days.settle()
            carried = {each.provider: each.notices for each in (await days.figures()).carried}
            return carried == dict(Counter(name for _, name, _ in way.carried))

        await eventually(heard, within=timedelta(seconds=120))
        figures = await days.figures()

    # Who: everybody with a number, once, and nobody else.
    assert Counter(number for _, _, number in way.carried) == dict.fromkeys(reached, 1)
    # When: within the hours, the term and the day's budget.
    assert all(OPEN.opening(at) == at and PLAN.begin <= at < PLAN.end for at, _, _ in way.carried)
    assert max(Counter(at.date() for at, _, _ in way.carried).values()) <= A_DAY
    # By whom: by the other one while one was down, and by both otherwise.
    down = [name for at, name, _ in way.carried if timedelta(days=1) <= at - BEGIN < timedelta(days=2)]
    assert down == [SECOND] * len(down) != []
    assert {name for _, name, _ in way.carried} == {FIRST, SECOND}
    # And the campaign knows all of it.
    assert figures.kept.state is CampaignState.ENDED
    assert sum(day.notices for day in figures.days) == len(way.carried)
    assert {each.state: each.accounts for each in figures.standings if each.state is not TargetState.ASKED} == {}
