"""Whatever bytes an operator or its token endpoint answers: nothing but the typed outcomes comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
import pytest
from fake_kyc import CORRELATOR, HOLDER, NUMBER, FakeKyc
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.clock import SystemClock
from xacthuc.identity.adapters.kyc.answers import Findings, judge
from xacthuc.identity.adapters.kyc.asking import Line
from xacthuc.identity.adapters.kyc.kyc_file import Detail, KycFile, read
from xacthuc.identity.adapters.kyc.subscribers import offered
from xacthuc.identity.adapters.remote.exchange import Exchange, Reply
from xacthuc.identity.domain.reconciliation import Match
from xacthuc.identity.ports.eid import ProviderDown

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(max_size=12)
    | st.sampled_from(["true", "false", "not_available", "Bearer", "IDENTIFIER_NOT_FOUND"])
)
NAMES = st.sampled_from(
    ["nameMatch", "nameMatchScore", "birthdateMatch", "idDocumentMatch", "code", "access_token", "token_type"]
)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=10
)
STATUSES = st.sampled_from([200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503])


def dumpable(document: Any) -> bool:
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:  # a lone surrogate
        return False
    return True


BODIES = st.binary(max_size=300) | DOCUMENTS.filter(dumpable).map(orjson.dumps)
TOKEN = orjson.dumps({"access_token": "token", "token_type": "Bearer"})


class Answering(httpx.AsyncBaseTransport):
    """Answers the token endpoint and the operator with given bytes."""

    def __init__(self, token: bytes, status: int, body: bytes) -> None:
        self._token = token
        self._status = status
        self._body = body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # As streams: what stands in a transport's hands has not been read yet.
        if request.url.path == "/token":
            return httpx.Response(200, stream=httpx.ByteStream(self._token))
        return httpx.Response(self._status, stream=httpx.ByteStream(self._body))


@pytest.fixture(scope="module")
def described() -> Iterator[KycFile]:
    with TemporaryDirectory() as directory:
        yield read(FakeKyc(port=1).file(Path(directory)))


@given(status=STATUSES, document=DOCUMENTS)
def test_no_document_makes_a_match_that_it_does_not_name(status: int, document: Any) -> None:
    found = judge(Reply(status, document), tuple(Detail)).findings
    if found is None or found == Findings():
        return
    if status == 403:
        assert found == Findings(personal_id=Match.MISMATCH)
        return
    assert status == 200
    assert (found.full_name is Match.MATCH) == (document.get("nameMatch") == "true")
    assert (found.personal_id is Match.MATCH) == (document.get("idDocumentMatch") == "true")
    assert found.full_name_score is None or 0 <= found.full_name_score <= 100


@given(status=STATUSES, body=BODIES)
def test_no_bytes_of_an_operator_raise_anything_else(described: KycFile, status: int, body: bytes) -> None:
    assert asked(described, Answering(TOKEN, status, body)) >= 0


@given(token=BODIES)
def test_no_bytes_of_a_token_endpoint_raise_anything_else(described: KycFile, token: bytes) -> None:
    assert asked(described, Answering(token, 200, b"{}")) >= 0


def asked(described: KycFile, transport: Answering) -> float:
    """Returns the seconds to wait, 0 after an answer."""

    async def ask() -> float:
        line = Line.to(described, Exchange(transport, 1.0), SystemClock())
        operator = offered(described, line, lambda _what: lambda _said, _seconds: None).kyc
        assert operator is not None
        try:
            found = await operator.match(NUMBER, HOLDER, CORRELATOR)
        except ProviderDown as down:
            return down.retry_after_seconds
        assert {found.full_name, found.birth_date, found.personal_id} <= set(Match)
        return 0.0

    return asyncio.run(ask())
