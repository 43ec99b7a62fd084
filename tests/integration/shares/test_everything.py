"""One command tells everything that the running product holds on one account, and says so when something is missing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc.aio
import pytest
from backfill_service import Desk, target
from guardian_town import Town
from running_stack import RunningStack, running_stack

from xacthuc.api.backfill.v1 import admin_pb2_grpc
from xacthuc.client import Xacthuc
from xacthuc.grpckit.tls import TlsFiles

pytestmark = [pytest.mark.rule("R51"), pytest.mark.engine]

PLATFORM = "demo"
AWAY = {3, 5}
"""What the command ends with when a machine that stands still answers too late: asked again, it is another export."""
TRIES = 5


class Page(HTMLParser):
    """What a browser would run or fetch, and what a person reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wrong = [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        if tag in {"script", "img", "link", "iframe"} or wrong:
            self.active.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@dataclass(frozen=True)
class Written:
    """What the command wrote."""

    document: dict[str, Any]
    page: Page
    html: str

    def rows(self, service: str, section: str) -> list[dict[str, Any]]:
        return list(self.document["services"][service]["sections"][section]["rows"])

    def total(self, service: str) -> int:
        """How much a service holds, but who read that."""
        sections = self.document["services"][service]["sections"]
        return sum(section["total"] for name, section in sections.items() if name != "audit")


def exported(stack: RunningStack, account: str, *options: str) -> Written:
    command = ("retention", "export", account, "--platform", PLATFORM, "--out", "exports", "--json", *options)
    for _ in range(TRIES):
        ran = stack.run(*command)
        if ran.returncode not in AWAY:
            break
    assert ran.returncode == 0, ran.stderr
    as_json, as_page = (stack.root / each for each in json.loads(ran.stdout)["files"])
    assert [path.stat().st_mode & 0o777 for path in (as_json, as_page)] == [0o600] * 2
    html = as_page.read_text("utf-8")
    return Written(json.loads(as_json.read_text("utf-8")), Page(html), html)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with (
        TemporaryDirectory(prefix="xacthuc-test-") as path,
        running_stack(Path(path)) as stack,
        Xacthuc(
            key=stack.key,
            otp=stack.otp,
            identity=stack.identity,
            guardian=stack.guardian,
            livestream=stack.livestream,
        ) as client,
    ):
        made = Town(stack, client)
        made.until_open()
        yield made


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    var = town.stack.root / "var"
    address = json.loads((var / "up.json").read_text("utf-8"))["backfill_internal"]
    credentials = TlsFiles(var / "tls", "cli").channel_credentials()
    async with grpc.aio.secure_channel(address, credentials) as channel:
        yield Desk(admin_pb2_grpc.BackfillAdminStub(channel), PLATFORM)


@pytest.mark.timeout(300)
async def test_a_guardian_a_broadcast_and_a_campaign_are_in_both_documents(town: Town, desk: Desk, eventually):
    child, number = town.child(), town.number()
    link = town.taken_on(child)
    guardian = str(link.guardian).removeprefix("accounts/")
    town.client.livestream.authorize_broadcast(child, "show-of-a-child")
    grown_up, clear = town.verified("ban", number), f"+84{number[1:]}"
    await desk.create("summer")
    await desk.add(target(child, "", "NEEDS_GUARDIAN"), target(grown_up, clear), campaign="summer")

    of_child = exported(town.stack, child)
    of_guardian = exported(town.stack, guardian)

    assert (of_child.document["complete"], of_child.document["account"]) == (True, child)
    (answers,) = of_child.rows("guardian", "guardians")
    assert (answers["guardian"], answers["relation"], answers["state"]) == (guardian, "MOTHER", "ACTIVE")
    (show,) = of_child.rows("livestream", "broadcasts")
    assert show["broadcast"] == "show-of-a-child"
    assert of_child.rows("livestream", "decisions")[0]["legal_basis"]
    (standing,) = of_child.rows("backfill", "targets")
    assert (standing["campaign"], standing["account_class"]) == ("summer", "NEEDS_GUARDIAN")
    (asked,) = exported(town.stack, grown_up).rows("backfill", "targets")
    assert asked["number"] == clear
    assert {child, guardian, "show-of-a-child", "summer"} <= set(of_child.page.text)
    assert of_child.page.active == []
    assert "This is everything" in of_child.html

    (ward,) = of_guardian.rows("guardian", "wards")
    assert (ward["child"], ward["link"]) == (child, answers["link"])
    assert "show-of-a-child" not in of_guardian.html
    assert of_guardian.total("livestream") == of_guardian.total("backfill") == 0
    for service in ("identity", "guardian", "livestream", "backfill"):
        assert of_child.document["services"][service]["make_time"]

    async def audited() -> bool:
        of = exported(town.stack, child)
        tags = [of.rows(service, "audit")[0]["tag"] for service in ("guardian", "livestream", "backfill")]
        return tags == ["identity:share:exported"] * 3

    await eventually(audited, within=timedelta(seconds=60))


@pytest.mark.timeout(300)
def test_an_account_that_identity_alone_knows_is_told_of_and_is_nothing_elsewhere(town: Town):
    account = town.register("lan")

    told = exported(town.stack, account)

    assert told.rows("identity", "account")[0]["full_name"] == "Trần lan"
    assert [told.total(service) for service in ("guardian", "livestream", "backfill")] == [0, 0, 0]
    assert told.document["complete"]


@pytest.mark.timeout(300)
def test_a_hold_is_told_nowhere_and_an_account_that_is_erased_is_told_what_is_left(town: Town):
    account = town.verified("nam", town.number())
    town.client.livestream.authorize_broadcast(account, f"show-{account}")
    order = ("--authority", "A05-SECRET", "--legal-basis", "Law 116/2025", "--reference", "12/CV-X", "--review", "90d")
    town.stack.json("retention", "holds", "place", PLATFORM, "--account", account, *order)

    held = exported(town.stack, account)
    assert held.rows("livestream", "broadcasts")[0]["broadcast"] == f"show-{account}"
    assert "A05-SECRET" not in held.html + json.dumps(held.document)
    assert "identity:account:held" not in held.html

    town.client.identity.erase_account(account)
    erased = exported(town.stack, account)
    assert erased.rows("identity", "account")[0]["life"] == "ERASURE_SCHEDULED"
    assert erased.rows("livestream", "broadcasts")[0]["broadcast"] == f"show-{account}"


@pytest.mark.timeout(300)
def test_of_whom_nobody_knows_nothing_is_written(town: Town):
    ran = town.stack.run("retention", "export", "nobody", "--platform", PLATFORM, "--out", "nowhere")

    assert ran.returncode == 1
    assert not (town.stack.root / "nowhere").exists()


@pytest.mark.timeout(300)
def test_without_a_service_the_document_says_that_it_is_not_everything(town: Town):
    account = town.register("hoa")
    away = ("--guardian-admin", "127.0.0.1:1", "retention", "export", account, "--platform", PLATFORM)

    silent = town.stack.run(*away, "--out", "half")
    assert (silent.returncode, "guardian did not say what it holds" in silent.stderr) == (5, True)
    assert not (town.stack.root / "half").exists()

    told = exported(town.stack, account, "--without", "guardian")
    assert (told.document["complete"], told.document["missing"]) == (False, ["guardian"])
    assert "guardian" not in told.document["services"]
    assert "This is not everything. What these services hold is missing: guardian." in told.html
