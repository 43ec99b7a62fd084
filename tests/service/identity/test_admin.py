"""Platforms and keys, as the `xacthuc` command handles them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import grpc
from google.protobuf.duration_pb2 import Duration
from identity_service import Platform, reason_of, refusal

from xacthuc.api.identity.v1 import admin_pb2, service_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles

Key = admin_pb2.PlatformKey


async def listed(api, platform):
    return (await api.admin.ListPlatformKeys(admin_pb2.ListPlatformKeysRequest(parent=f"platforms/{platform}"))).keys


def rotation(name, overlap_seconds=3600):
    return admin_pb2.RotatePlatformKeyRequest(
        name=name, overlap=Duration(seconds=overlap_seconds), request_id=str(uuid4())
    )


def revocation(name):
    return admin_pb2.RevokePlatformKeyRequest(name=name, request_id=str(uuid4()))


async def test_creating_a_platform_is_idempotent_by_request_id(api):
    request = admin_pb2.CreatePlatformRequest(
        platform_id=f"p{uuid4().hex[:8]}", display_name="Forum", request_id=str(uuid4())
    )

    assert await api.admin.CreatePlatform(request) == await api.admin.CreatePlatform(request)


async def test_a_platform_id_that_is_taken_is_already_there(api):
    platform = await api.new_platform()
    request = admin_pb2.CreatePlatformRequest(platform_id=platform, display_name="Other", request_id=str(uuid4()))

    assert Reason.PLATFORM_ALREADY_EXISTS is reason_of(await refusal(api.admin.CreatePlatform(request)))


async def test_pages_of_platforms_hold_each_once(api):
    made = {f"platforms/{await api.new_platform()}" for _ in range(5)}
    found, token = [], ""
    while True:
        page = await api.admin.ListPlatforms(admin_pb2.ListPlatformsRequest(page_size=2, page_token=token))
        found += [platform.name for platform in page.platforms]
        token = page.next_page_token
        if not token:
            break

    assert made <= set(found)
    assert sorted(found) == found
    assert len(set(found)) == len(found)


async def test_a_third_active_key_is_refused(api):
    platform = await api.new_platform()
    await api.new_key(platform)
    await api.new_key(platform)

    assert Reason.TOO_MANY_KEYS is reason_of(await refusal(api.new_key(platform)))


async def test_keys_made_at_once_are_two_at_most(api):
    platform = await api.new_platform()

    answers = await asyncio.gather(*(api.new_key(platform) for _ in range(6)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 2


async def test_a_repeated_creation_cannot_show_the_secret_again(api):
    platform = await api.new_platform()
    request = admin_pb2.CreatePlatformKeyRequest(
        parent=f"platforms/{platform}", scopes=[Key.OTP], request_id=str(uuid4())
    )
    await api.admin.CreatePlatformKey(request)

    assert Reason.KEY_ALREADY_EXISTS is reason_of(await refusal(api.admin.CreatePlatformKey(request)))


async def test_rotation_keeps_the_scopes_and_ends_the_old_key(api):
    platform = await api.new_platform()
    old = await api.new_key(platform, Key.OTP, Key.IDENTITY_READ)
    new = await api.admin.RotatePlatformKey(rotation(old.key.name))

    by_name = {key.name: key for key in await listed(api, platform)}

    assert set(new.key.scopes) == {Key.OTP, Key.IDENTITY_READ}
    left = by_name[old.key.name].expire_time.ToDatetime() - new.key.create_time.ToDatetime()
    assert timedelta(seconds=3590) < left <= timedelta(seconds=3600)
    assert not by_name[new.key.name].HasField("expire_time")


async def test_rotation_counts_as_one_more_key_while_both_are_good(api):
    platform = await api.new_platform()
    old = await api.new_key(platform)
    await api.new_key(platform)

    assert Reason.TOO_MANY_KEYS is reason_of(await refusal(api.admin.RotatePlatformKey(rotation(old.key.name))))
    assert await api.admin.RotatePlatformKey(rotation(old.key.name, 0))


async def test_a_revoked_key_opens_nothing_and_makes_room(api, eventually):
    platform = await Platform.create(api)
    await api.new_key(platform.name)
    used = next(key for key in await listed(api, platform.name) if key.name == platform.key_name)
    revoked = await api.admin.RevokePlatformKey(revocation(used.name))

    async def is_refused():
        return Reason.CREDENTIALS_REVOKED is reason_of(await refusal(platform.get("nobody")))

    await eventually(is_refused)
    assert revoked.state == Key.REVOKED
    assert await api.new_key(platform.name)


async def test_revoking_again_changes_nothing(api):
    platform = await api.new_platform()
    key = (await api.new_key(platform)).key

    first = await api.admin.RevokePlatformKey(revocation(key.name))

    assert first == await api.admin.RevokePlatformKey(revocation(key.name))


async def test_a_key_or_platform_that_is_not_there_is_not_found(api):
    platform = await api.new_platform()

    no_key = await refusal(api.admin.RevokePlatformKey(revocation(f"platforms/{platform}/keys/none")))
    no_platform = await refusal(api.new_key("not-there"))

    assert (reason_of(no_key), reason_of(no_platform)) == (Reason.KEY_NOT_FOUND, Reason.PLATFORM_NOT_FOUND)


async def test_a_key_for_reading_reads_and_does_not_write(api):
    name = await api.new_platform()
    platform = Platform(api, name, await api.new_key(name, Key.IDENTITY_READ))
    await platform.until_known()

    assert not (await platform.check("u1")).allowed
    assert Reason.SCOPE_MISSING is reason_of(await refusal(platform.register("u1")))


async def test_one_platform_does_not_see_the_accounts_of_another(api):
    first, second = await Platform.create(api), await Platform.create(api)
    await first.register("u1")

    assert Reason.ACCOUNT_NOT_FOUND is reason_of(await refusal(second.get("u1")))
    await second.register("u1")


async def test_other_services_may_not_administer(deployment):
    files = TlsFiles(deployment.tls, "otp")
    options = [("grpc.ssl_target_name_override", "identity")]
    async with grpc.aio.secure_channel(deployment.internal, files.channel_credentials(), options=options) as channel:
        ask = channel.unary_unary(
            "/xacthuc.api.identity.v1.IdentityAdmin/ListPlatforms",
            admin_pb2.ListPlatformsRequest.SerializeToString,
            admin_pb2.ListPlatformsResponse.FromString,
        )
        assert Reason.PEER_NOT_ALLOWED is reason_of(await refusal(ask(admin_pb2.ListPlatformsRequest())))


async def test_the_public_port_does_not_serve_operators(api):
    ask = api._public.unary_unary(
        "/xacthuc.api.identity.v1.IdentityAdmin/ListPlatforms",
        service_pb2.GetAccountRequest.SerializeToString,
        service_pb2.GetAccountRequest.FromString,
    )

    assert grpc.StatusCode.UNIMPLEMENTED is (await refusal(ask(service_pb2.GetAccountRequest()))).code()
