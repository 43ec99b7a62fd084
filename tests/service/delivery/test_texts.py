"""What people are sent when a platform has texts of its own."""

from __future__ import annotations

import json

import pytest
from delivery_world import Eventually, World

pytestmark = pytest.mark.engine

FILE = """
sender = "DienDan"
[autofill]
domain = "forum.example.vn"
[messages.ACCOUNT_VERIFICATION]
vi = "{brand}: Ma cua ban la {code}."
[notices.cleaning]
vi = "{brand}: Vui long mo ung dung."
"""


@pytest.fixture
def inbox(world: World):
    """The texts that were sent, of a platform with a file."""
    world.texts.mkdir()
    (world.texts / "forum.toml").write_text(FILE)

    def texts() -> list[str]:
        lines = world.inbox.read_text().splitlines() if world.inbox.exists() else []
        return [json.loads(line)["text"] for line in lines]

    return texts


@pytest.mark.parametrize(("autofill", "line"), [(0, ""), (1, "\n@forum.example.vn #{code}"), (2, "")])
async def test_a_code_arrives_in_the_platform_s_words_with_the_line_that_was_asked_for(
    world: World, eventually: Eventually, inbox, autofill: int, line: str
) -> None:
    async with world.working():
        identity = await world.start(autofill=autofill)
        await eventually(inbox)

    code = world.code(identity)
    assert inbox() == [f"DienDan: Ma cua ban la {code}." + line.format(code=code)]


async def test_a_notice_of_the_platform_s_own_arrives(world: World, eventually: Eventually, inbox) -> None:
    async with world.working():
        await world.notice(template="cleaning")
        await eventually(inbox)

    assert inbox() == ["DienDan: Vui long mo ung dung."]


async def test_another_platform_s_notice_is_never_sent(world: World, eventually: Eventually, inbox) -> None:
    async def settled() -> bool:
        return await world.waiting() == 0

    async with world.working():
        await world.notice(platform="video", template="cleaning")
        await eventually(settled)

    assert (await world.failure())["d"].endswith("template_unknown")
    assert inbox() == []
