"""Commands that ask the Admin services, over mutual TLS."""

from __future__ import annotations

import json

import pytest
from client_messages import CHALLENGE, stamp
from client_peer import TRACE_ID

from xacthuc.api.identity.v1 import admin_pb2 as identity
from xacthuc.api.otp.v1 import admin_pb2 as otp
from xacthuc.cli.commands.keys import Scope
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

PLATFORM = identity.Platform(name="platforms/my-forum", display_name="MyForum", create_time=stamp())
KEY = identity.PlatformKey(
    name="platforms/my-forum/keys/k1", scopes=[identity.PlatformKey.OTP], state=identity.PlatformKey.ACTIVE
)
MADE = identity.CreatePlatformKeyResponse(key=KEY, secret="xt_live_secret")


def test_a_platform_is_created_and_shown(command):
    command.admin.answer("CreatePlatform", PLATFORM)

    ran = command("platforms", "create", "my-forum", "--display-name", "MyForum")

    assert ran.status == 0
    assert ran.out.splitlines()[0].split() == ["platform", "platforms/my-forum"]
    assert command.admin.received[0].request.platform_id == "my-forum"


def test_json_is_the_contract_s_own_with_one_value_on_one_line(command):
    command.admin.answer("CreatePlatform", PLATFORM)

    ran = command("platforms", "create", "my-forum", "--display-name", "MyForum", "--json")

    assert ran.json == {
        "name": "platforms/my-forum",
        "display_name": "MyForum",
        "create_time": "2026-11-23T03:00:00Z",
    }
    assert ran.out.count("\n") == 1


def test_all_pages_of_platforms_are_one_list(command):
    command.admin.answer(
        "ListPlatforms",
        identity.ListPlatformsResponse(platforms=[PLATFORM], next_page_token="more"),
        identity.ListPlatformsResponse(platforms=[PLATFORM]),
    )

    ran = command("platforms", "list", "--json")

    assert [each["name"] for each in ran.json] == ["platforms/my-forum"] * 2
    assert [call.request.page_token for call in command.admin.received] == ["", "more"]


def test_an_empty_list_tells_people_how_to_begin_and_programs_nothing(command):
    command.admin.answer("ListPlatforms", identity.ListPlatformsResponse())

    assert "xacthuc platforms create" in command("platforms", "list").err
    assert command("platforms", "list", "--json").out == "[]\n"


def test_a_new_key_s_secret_is_printed_with_the_warning_beside_it(command):
    command.admin.answer("CreatePlatformKey", MADE)

    ran = command("keys", "create", "my-forum", "--scope", "otp", "--scope", "identity-read", "--ttl", "30d")

    request = command.admin.received[0].request
    assert (request.parent, request.ttl.seconds) == ("platforms/my-forum", 30 * 86400)
    assert request.scopes == [identity.PlatformKey.OTP, identity.PlatformKey.IDENTITY_READ]
    assert "xt_live_secret" in ran.out
    assert "cannot be shown again" in ran.err


def test_a_key_without_an_end_is_asked_for_without_one(command):
    command.admin.answer("CreatePlatformKey", MADE)

    command("keys", "create", "my-forum", "--scope", "otp")

    assert not command.admin.received[0].request.HasField("ttl")


def test_a_rotated_key_s_secret_is_in_the_json(command):
    command.admin.answer("RotatePlatformKey", MADE)

    ran = command("keys", "rotate", KEY.name, "--overlap", "1h", "--json")

    assert ran.json["secret"] == "xt_live_secret"
    assert ran.json["key"]["state"] == "ACTIVE"
    assert command.admin.received[0].request.overlap.seconds == 3600


def test_a_key_is_revoked_by_name(command):
    command.admin.answer("RevokePlatformKey", identity.PlatformKey(name=KEY.name, state=identity.PlatformKey.REVOKED))

    ran = command("keys", "revoke", KEY.name)

    assert "REVOKED" in ran.out
    assert command.admin.received[0].request.name == KEY.name


def test_keys_are_listed_as_aligned_columns_without_colour_in_a_pipe(command):
    command.admin.answer("ListPlatformKeys", identity.ListPlatformKeysResponse(keys=[KEY]))

    ran = command("keys", "list", "my-forum")

    heading, row = ran.out.splitlines()
    assert "\x1b" not in ran.out
    assert row.index("ACTIVE") == heading.index("state")


def test_every_scope_of_the_contract_can_be_given():
    contract = {value.name for value in identity.PlatformKey.Scope.DESCRIPTOR.values if value.number}

    assert contract == {scope.contract_name for scope in Scope}


@pytest.mark.parametrize("name", [CHALLENGE.name, CHALLENGE.name.removeprefix("challenges/")])
def test_a_challenge_is_found_with_or_without_its_prefix(command, name):
    found = otp.InspectChallengeResponse(challenge=CHALLENGE, platform="platforms/my-forum", provider="gateway")
    command.admin.answer("InspectChallenge", found)

    ran = command("challenges", "show", name)

    shown = dict(line.split(maxsplit=1) for line in ran.out.splitlines() if " left" not in line)
    assert command.admin.received[0].request.name == CHALLENGE.name
    assert (shown["state"], shown["delivery"], shown["provider"]) == ("PENDING", "SENT", "gateway")


def test_a_challenge_as_json_keeps_the_contract_s_shape(command):
    command.admin.answer("InspectChallenge", otp.InspectChallengeResponse(challenge=CHALLENGE))

    assert command("challenges", "show", CHALLENGE.name, "--json").json["challenge"]["delivery"]["state"] == "SENT"


def test_a_refusal_says_why_and_what_to_do(command):
    command.admin.answer("ListPlatformKeys", errors.NotFound(Reason.PLATFORM_NOT_FOUND, "there is no such platform"))

    ran = command("keys", "list", "nobody")

    assert (ran.status, ran.out) == (1, "")
    assert "there is no such platform (PLATFORM_NOT_FOUND)" in ran.err
    assert "xacthuc platforms list" in ran.err
    assert TRACE_ID in ran.err


def test_every_faulty_field_is_listed(command):
    faults = (
        errors.FieldFault("platform_id", "must match the pattern", "STRING_PATTERN"),
        errors.FieldFault("display_name", "must not be digits alone", "DISPLAY_NAME_NOT_DIGITS"),
    )
    command.admin.answer("CreatePlatform", errors.InvalidRequest(*faults))

    ran = command("platforms", "create", "X", "--display-name", "1")

    assert "platform_id: must match the pattern  [STRING_PATTERN]" in ran.err
    assert "display_name: must not be digits alone  [DISPLAY_NAME_NOT_DIGITS]" in ran.err


def test_an_error_for_programs_is_json_on_standard_error(command):
    command.admin.answer("ListPlatformKeys", errors.NotFound(Reason.PLATFORM_NOT_FOUND, "there is no such platform"))

    ran = command("keys", "list", "nobody", "--json")

    error = json.loads(ran.err)["error"]
    assert ran.out == ""
    assert (error["status"], error["reason"]) == ("NOT_FOUND", "PLATFORM_NOT_FOUND")


def test_an_outage_of_a_service_is_status_3_with_the_time_to_retry(command):
    command.admin.answer("ListPlatforms", errors.Unavailable(Reason.DATABASE_UNAVAILABLE, "the database is away"))

    ran = command("platforms", "list")

    assert ran.status == 3
    assert "retry after: 1.0 s" in ran.err
