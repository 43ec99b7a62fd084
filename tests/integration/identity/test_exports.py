"""Everything that is held on one account, in clear, as JSON and as a page."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import NotFound, RequestIdReused
from xacthuc.identity.adapters.purge import Purge, destruction_job
from xacthuc.identity.adapters.tables import trail
from xacthuc.identity.commands import EndAccount
from xacthuc.identity.usecases import lifecycle, retention
from xacthuc.identity.wire.export_documents import as_json, as_page, documents

pytestmark = pytest.mark.rule("R51")


class Page(HTMLParser):
    """What a browser would run or fetch, and what a person reads."""

    def __init__(self, text):
        super().__init__()
        self.active, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        wrong = [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        if tag in {"script", "img", "link", "iframe"} or wrong:
            self.active.append((tag, wrong))

    def handle_data(self, data):
        self.text.append(data)


async def export(bench, account="an"):
    return await retention.export_account(bench.identity, bench.order("", "ExportAccount"), account)


async def test_it_holds_person_number_and_consents_in_clear(bench):
    await bench.register("an", name="Nguyễn Văn <An>")
    await bench.verify("an")

    document = json.loads(as_json(await export(bench)))

    (account,), (proven,) = (document["sections"][name]["rows"] for name in ("account", "evidence"))
    assert (account["full_name"], account["birth_date"]) == ("Nguyễn Văn <An>", "1990-01-02")
    assert (proven["number"], proven["kind"]) == ("+84912345678", "PHONE")
    assert document["sections"]["consents"]["total"] == 1
    assert any("333/2026" in kept["legal_basis"] for kept in document["kept"])
    assert "held_accounts" in document["left_out"]


async def test_the_page_shows_the_same_and_nothing_in_it_runs_or_is_fetched(bench):
    await bench.register("an", name="Nguyễn Văn <script>")
    await bench.verify("an")

    page = Page(as_page(await export(bench)))

    assert page.active == []
    assert {"Nguyễn Văn <script>", "+84912345678", "23/11/2026 10:00:00"} <= set(page.text)


async def test_what_the_law_orders_kept_of_an_erased_account_is_in_it(bench, engine):
    await bench.register("an")
    await bench.verify("an")
    await lifecycle.erase_account(bench.identity, EndAccount(order=bench.order("erase"), account_id="an"))
    purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)
    await purge.destroy_key(destruction_job("forum", "an"))

    document = json.loads(as_json(await export(bench)))

    (account,), (proven,) = (document["sections"][name]["rows"] for name in ("account", "evidence"))
    assert (account["full_name"], account["life"], proven["number"]) == (
        "Nguyễn Văn an",
        "ERASURE_SCHEDULED",
        "+84912345678",
    )
    assert account["purge_time"] == next(kept["until"] for kept in document["kept"] if kept["data"] == "ACCOUNT")


async def test_each_reading_is_audited_and_tells_nothing_of_what_was_read(bench, engine):
    await bench.register("an")
    await export(bench)

    async with engine.connect() as connection:
        last = (await connection.execute(select(trail.entries).order_by(trail.entries.c.id.desc()).limit(1))).one()
    assert (last.tag, last.subject, last.actor, last.detail) == (Tag.ACCOUNT_EXPORTED, "an", "key:test", {})


async def test_a_repetition_is_audited_again_and_another_call_of_its_id_is_refused(bench, engine):
    await bench.register("an")
    order = bench.order("", "ExportAccount")

    for _ in range(2):
        await retention.export_account(bench.identity, order, "an")

    async with engine.connect() as connection:
        tags = (await connection.scalars(select(trail.entries.c.tag))).all()
    assert tags.count(Tag.ACCOUNT_EXPORTED) == 2
    with pytest.raises(RequestIdReused):
        await retention.export_account(bench.identity, replace(order, payload="another"), "an")


async def test_there_is_none_of_who_is_not_registered(bench):
    with pytest.raises(NotFound):
        await export(bench, "nobody")


async def test_rows_that_do_not_fit_in_one_answer_are_left_out_and_counted(bench):
    """The newest stay. Both documents are cut alike."""
    await bench.register("an")
    whole = await export(bench)
    row = dict(next(section for section in whole.sections if section.name == "consents").rows[0])
    rows = [{**row, "text_version": f"v{at:04d}"} for at in range(1_000)]
    sections = [
        replace(section, rows=rows, total=5_000) if section.name == "consents" else section
        for section in whole.sections
    ]
    large = replace(whole, sections=sections)
    most = (len(as_json(large)) + len(as_page(large))) // 3

    as_written, page = documents(large, most)

    kept = json.loads(as_written)["sections"]["consents"]
    assert len(as_written.encode()) + len(page.encode()) <= most
    assert (kept["total"], len(kept["rows"])) == (5_000, 250)
    assert kept["rows"][0]["text_version"] == "v0000"
    assert "v0249" in page
    assert "v0250" not in page
    assert documents(whole) == (as_json(whole), as_page(whole))
