"""`xacthuc fraud record` against a real service: what is in the file, and what is not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from otp_service import Deployment

from xacthuc.cli.main import run

pytestmark = pytest.mark.engine


async def recorded(otp: Deployment, secrets: Path, out: Path) -> list[dict[str, Any]]:
    command = ["--otp-admin", otp.internal_address, "--tls", str(secrets), "fraud", "record", "--out", str(out)]
    # A heartbeat of the quiet stream ends it, after ten seconds at the most.
    assert await asyncio.to_thread(run, command) == 0
    return [json.loads(line) for line in out.read_text().splitlines()]


async def test_what_was_sent_and_entered_is_recorded_without_a_trace_of_the_person(
    otp: Deployment, secrets: Path, tmp_path: Path
) -> None:
    started = await otp.forum.start(subject="accounts/lan")
    await otp.forum.check(started.name, otp.code(started.name))
    events = await recorded(otp, secrets, tmp_path / "traffic.jsonl")
    text = (tmp_path / "traffic.jsonl").read_text()
    assert [event["what"] for event in events] == ["queued", "entered"]
    assert (events[0]["operator"], len({event["challenge"] for event in events})) == ("vinaphone", 1)
    assert not any(secret in text for secret in ("lan", "912345678", "forum", started.name.removeprefix("challenges/")))
