"""A share as JSON and as a part of the page, and what the command makes of all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from xacthuc.shares import page
from xacthuc.shares.filled import Filled
from xacthuc.shares.share import Kept, Share, as_json, as_part, documents
from xacthuc.shares.whole import OTHERS, Answer, Whole

pytestmark = pytest.mark.rule("R51")

NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)
HOSTILE = "</body></html><script>alert(1)</script><body>"
IDENTITY = Answer(
    json.dumps({"platform": "forum", "account": "an", "make_time": "2026-11-29T03:00:00Z", "sections": {}}),
    page.page("<h1>first</h1>"),
)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def section(*product_ids: str, total: int = 0) -> Filled:
    rows = [{"product_id": each, "show_time": NOW, "state": "LIVE"} for each in product_ids]
    return Filled(name="declarations", title_vi="Hàng", title_en="Goods", rows=rows, total=total or len(rows))


def share(*sections: Filled) -> Share:
    return Share(
        service="livestream",
        account_id="an",
        make_time=NOW,
        policy_version="7",
        sections=sections,
        kept=[Kept("broadcasts", "24 months", "Decree 1")],
        left_out={"exports": "for its order to say"},
    )


def test_times_are_utc_in_json_and_of_vietnam_on_the_page():
    told = json.loads(as_json(share(section("shirt"))))

    assert told["sections"]["declarations"]["rows"][0]["show_time"] == "2026-11-29T03:00:00Z"
    assert (told["make_time"], told["kept"][0]["kept"]) == ("2026-11-29T03:00:00Z", "24 months")
    part = as_part(share(section("shirt")))
    assert all(each in part for each in ("29/11/2026 10:00:00", "đang phát", "for its order to say", "24 months"))


def test_what_comes_from_a_row_is_no_tag_and_ends_no_page():
    part = as_part(share(section(HOSTILE, "shirt")))
    made = Whole({"identity": IDENTITY, "livestream": Answer("{}", part)}, ["guardian", "backfill"]).as_page().decode()

    assert not {"script", "img", "link", "iframe"} & set(Tags(made).tags)
    assert (made.count("<body>"), made.count("</html>")) == (1, 1)


def test_rows_that_do_not_fit_are_left_out_and_counted():
    large = share(section(*(f"shirt-{at:04d}" for at in range(1_000)), total=5_000))
    most = (len(as_json(large)) + len(as_part(large))) // 3

    made, part = documents(large, most)

    told = json.loads(made)["sections"]["declarations"]
    assert len(made.encode()) + len(part.encode()) <= most
    assert (told["total"], len(told["rows"])) == (5_000, 250)
    assert ("shirt-0249" in part, "shirt-0250" in part) == (True, False)
    assert "and 4750 older ones" in part


def test_an_account_is_not_in_what_is_printed_of_a_share():
    assert "secret-shirt" not in repr(share(section("secret-shirt")))
    assert "'an'" not in repr(share())


def test_everything_is_in_the_order_of_the_services_and_names_itself_everything():
    answers = {"identity": IDENTITY, **{name: Answer(json.dumps({"of": name}), f"<p>{name}</p>") for name in OTHERS}}
    whole = Whole(answers, [])

    told = json.loads(whole.as_json())

    assert (told["complete"], told["missing"]) == (True, [])
    assert list(told["services"]) == ["identity", *OTHERS, "otp"]
    assert told["services"]["identity"] == {"make_time": "2026-11-29T03:00:00Z", "sections": {}}
    text = whole.as_page().decode()
    places = [text.index(each) for each in ("This is everything", "first", *(f"<p>{name}</p>" for name in OTHERS))]
    assert places == sorted(places)


@pytest.mark.parametrize("missing", [["guardian"], ["guardian", "livestream", "backfill"]])
def test_what_is_missing_is_said_before_anything_else(missing: list[str]):
    there = {name: Answer("{}", "<p>part</p>") for name in OTHERS if name not in missing}
    whole = Whole({"identity": IDENTITY, **there}, missing)

    told, text = json.loads(whole.as_json()), whole.as_page().decode()

    assert (told["complete"], told["missing"]) == (False, missing)
    assert not set(missing) & set(told["services"])
    assert text.index("<p class=missing>") < text.index("<h1>first</h1>")
    assert f"is missing: {', '.join(missing)}." in text
    assert "This is everything" not in text


@pytest.mark.parametrize("html", ["", "<p>no page</p>", page.page("<body>")])
def test_what_is_no_page_is_not_added_to(html: str):
    with pytest.raises(ValueError, match="not a page"):
        Whole({"identity": replace(IDENTITY, html=html)}, list(OTHERS)).as_page()
