"""The version before is replaced in the middle of a campaign: nobody is left out, nobody is asked twice, no call fails."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from backfill_process import BackfillProcess
from backfill_service import Desk, imported, target
from identity_process import IdentityProcess
from identity_service import Api, Platform
from upgrade import balanced, migrating, replaced, unbroken

from xacthuc.api.backfill.v1 import admin_pb2_grpc
from xacthuc.grpckit.tls import TlsFiles

_BATCH = 3


def process(_name, migrated_by, directory, identity: IdentityProcess, **environment: str) -> BackfillProcess:
    """One backfill of the version that it is migrated by."""
    return BackfillProcess(directory, identity, migrated_by, **environment)


@pytest.mark.parametrize("installed", [("backfill", process)], indirect=True, ids=["backfill"])
@pytest.mark.timeout(600)
async def test_the_version_before_is_replaced_while_it_asks_and_everybody_is_asked_once(
    installed, bare_postgres, eventually
):
    old, new = installed
    api = Api(old.identity)
    platform = await Platform.create(api)
    channel = grpc.aio.secure_channel(
        f"ipv4:{old.internal},{new.internal}",
        TlsFiles(old.identity.tls, "cli").channel_credentials(),
        options=[*balanced(), ("grpc.ssl_target_name_override", "backfill")],
    )
    desk = Desk(admin_pb2_grpc.BackfillAdminStub(channel), platform.name)
    numbers: dict[str, str] = {}
    campaigns: list[str] = []

    with unbroken() as answered:

        async def run(caller: int, turn: int) -> None:
            accounts = {f"a{caller}-{turn}-{n}": f"+849{caller}{turn * _BATCH + n:07d}" for n in range(_BATCH)}
            numbers.update(accounts)
            await imported(old.identity, platform.name, list(accounts))
            campaign, written = f"c{caller}-{turn}", [str(uuid4()) for _ in range(3)]
            await answered(lambda: desk.create(campaign, request_id=written[0]))
            targets = [target(*each) for each in accounts.items()]
            await answered(lambda: desk.ask("AddTargets", campaign, targets=targets, request_id=written[1]))
            await answered(lambda: desk.ask("StartCampaign", campaign, request_id=written[2]))
            campaigns.append(campaign)

        status = await replaced(
            run,
            old=old,
            new=new,
            migrate=lambda: migrating("backfill")(bare_postgres),
            word="BackfillAdmin/AddTargets",
            eventually=eventually,
        )

        async def all_asked() -> bool:
            standings = [await answered(lambda name=name: desk.standings(name)) for name in campaigns]
            return all(each == {"ASKED": _BATCH} for each in standings)

        await eventually(all_asked, within=timedelta(seconds=240))
    sent = sorted(number for whose, number, _ in api.otp.notices.values() if whose == platform.name)
    await channel.close()
    await api.close()

    assert sent == sorted(numbers.values())
    assert status == 0
