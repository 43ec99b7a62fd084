"""How the command finds the services, and what it says when it cannot."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime

import pytest
from client_messages import CHALLENGE

from xacthuc.api.identity.v1 import admin_pb2 as identity
from xacthuc.api.otp.v1 import resources_pb2
from xacthuc.cli.main import run
from xacthuc.up import certificates


def test_nothing_running_says_how_to_start(command):
    (command.data / "up.json").unlink()

    ran = command("platforms", "list")

    assert ran.status == 3
    assert "make run" in ran.err
    assert "--identity-admin HOST:PORT" in ran.err


def test_nobody_listening_says_where_and_how_to_start(command):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        ran = command("--identity-admin", address, "platforms", "list")

    assert ran.status == 3
    assert f"nobody answers at {address}" in ran.err
    assert "make run" in ran.err


def test_a_server_of_another_deployment_is_told_from_an_absent_one(command, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    certificates.ensure(other, datetime.now(UTC), ("cli",))

    ran = command("--tls", str(other), "platforms", "list")

    assert ran.status == 3
    assert "give --tls" in ran.err


def test_a_missing_certificate_is_named(command, tmp_path):
    ran = command("--tls", str(tmp_path / "none"), "platforms", "list")

    assert ran.status == 2
    assert "ca.pem cannot be read" in ran.err


def test_the_environment_names_other_services(command, monkeypatch):
    command.admin.answer("ListPlatforms", identity.ListPlatformsResponse())
    (command.data / "up.json").unlink()
    monkeypatch.setenv("XACTHUC_IDENTITY_ADMIN", command.admin.address)

    assert command("platforms", "list").status == 0


def test_the_key_of_the_development_platform_is_used_by_default(command):
    command.public.answer("LookupNumber", resources_pb2.NumberInfo(accepted=True))

    command("lookup", "0912345678")

    assert command.public.received[0].metadata["authorization"].startswith("Bearer xt_dev_")


def test_a_key_file_goes_before_the_development_key(command, tmp_path):
    command.public.answer("LookupNumber", resources_pb2.NumberInfo(accepted=True))
    (tmp_path / "key").write_text("xt_live_other\n")

    command("--key-file", str(tmp_path / "key"), "lookup", "0912345678")

    assert command.public.received[0].metadata["authorization"] == "Bearer xt_live_other"


def test_the_environment_s_key_goes_before_the_development_key(command, monkeypatch):
    command.public.answer("LookupNumber", resources_pb2.NumberInfo(accepted=True))
    monkeypatch.setenv("XACTHUC_KEY", "xt_live_other")

    command("lookup", "0912345678")

    assert command.public.received[0].metadata["authorization"] == "Bearer xt_live_other"


def test_no_key_at_hand_says_how_to_get_one(command):
    (command.data / "demo.json").unlink()

    ran = command("lookup", "0912345678")

    assert ran.status == 2
    assert "xacthuc keys create" in ran.err


@pytest.mark.parametrize(("accepted", "status"), [(True, 0), (False, 1)])
def test_looking_a_number_up_ends_as_the_plan_says(command, accepted, status):
    info = resources_pb2.NumberInfo(accepted=accepted, e164="+84912345678" if accepted else "")
    command.public.answer("LookupNumber", info)

    ran = command("lookup", "0912345678", "--json")

    assert (ran.status, ran.json["accepted"]) == (status, accepted)


def test_a_test_message_is_watched_until_it_is_delivered(command):
    delivered = resources_pb2.Challenge()
    delivered.CopyFrom(CHALLENGE)
    delivered.delivery.state = resources_pb2.Challenge.Delivery.DELIVERED
    command.public.answer("StartChallenge", CHALLENGE)
    command.public.answer("GetChallenge", CHALLENGE, delivered)

    ran = command("send-test", "0912345678", "--channel", "voice")

    assert (ran.status, ran.out.split()) == (0, ["SENT", "DELIVERED"])
    assert command.public.received[0].request.channel == resources_pb2.Challenge.VOICE


def test_a_test_message_that_fails_ends_with_status_1(command):
    failed = resources_pb2.Challenge()
    failed.CopyFrom(CHALLENGE)
    failed.delivery.state = resources_pb2.Challenge.Delivery.FAILED
    command.public.answer("StartChallenge", failed)

    ran = command("send-test", "0912345678", "--json")

    assert (ran.status, ran.json["delivery"]["state"]) == (1, "FAILED")


def test_a_message_nobody_confirms_ends_the_watch_with_its_last_state(command):
    command.public.answer("StartChallenge", CHALLENGE)

    ran = command("send-test", "0912345678", "--wait", "0s", "--json")

    assert (ran.status, ran.json["delivery"]["state"]) == (1, "SENT")


def test_two_tests_do_not_share_an_account(command):
    command.public.answer("StartChallenge", CHALLENGE)

    for _ in range(2):
        command("send-test", "0912345678", "--wait", "0s")

    assert len({call.request.subject for call in command.public.received}) == 2


def test_the_database_must_be_named(command):
    ran = command("db", "upgrade")

    assert ran.status == 2
    assert "XACTHUC_DATABASE_URL" in ran.err


def test_a_database_that_does_not_answer_is_status_3(command):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgresql+asyncpg://user:hidden@127.0.0.1:{reserved.getsockname()[1]}/x"
        ran = command("db", "upgrade", "--database-url", url)

    assert ran.status == 3
    assert "hidden" not in ran.err


def test_wrong_usage_is_status_2_on_standard_error(command):
    ran = command("keys", "create", "my-forum", "--scope", "everything")

    assert (ran.status, ran.out) == (2, "")
    assert "everything" in ran.err


def test_the_version_is_json_too(capsys):
    assert run(["version", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"version", "python"}
