"""Notices that a platform added in its text file, through the service's own front."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from otp_service import Deployment, Refused, answer

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.datafile import DataFileError

pytestmark = pytest.mark.engine


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A directory with the file of platform `forum`."""
    directory = tmp_path / "texts"
    directory.mkdir()
    (directory / "forum.toml").write_text('sender = "Forum"\n[notices.cleaning]\nvi = "{brand}: xin chao"\n')
    return directory


async def send(otp: Deployment, platform: str):
    request = internal_pb2.SendNoticeRequest(
        phone_number="0912345678", template="cleaning", lane="BULK", request_id=str(uuid.uuid4())
    )
    return await answer(otp.backfill.SendNotice(request, metadata=(("x-xacthuc-platform", platform),)))


async def test_a_platform_sends_a_notice_of_its_own(deploy, texts: Path) -> None:
    notice = await send(await deploy(texts_directory=texts), "forum")

    assert notice.name.startswith("notices/")


async def test_it_is_unknown_to_every_other_platform(deploy, texts: Path) -> None:
    with pytest.raises(Refused) as refused:
        await send(await deploy(texts_directory=texts), "video")

    assert refused.value.fields == ["template"]


async def test_a_text_that_must_not_be_sent_stops_the_start(deploy, texts: Path) -> None:
    (texts / "video.toml").write_text('sender = "12345"\n')

    with pytest.raises(DataFileError, match=r"video\.toml: sender: must not consist of digits alone"):
        await deploy(texts_directory=texts)
