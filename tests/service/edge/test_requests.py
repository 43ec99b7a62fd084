"""What the edge passes on, and what it refuses before a service hears of it."""

from __future__ import annotations

import gzip
import json
import random
import re

import grpc
import httpx
import pytest
from edge_process import EdgeProcess, RecordingServer
from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.api.identity.v1 import service_pb2 as identity
from xacthuc.api.otp.v1 import service_pb2 as otp

CHECK = "/v1/accounts/an:checkAction"
START = "/v1/challenges:start"
WORD = st.from_regex(r"[a-z][a-zA-Z]{0,20}", fullmatch=True)
HELD = {
    "phoneNumber": "0992000000",
    "purpose": "ACCOUNT_VERIFICATION",
    "subject": "accounts/an",
    "client": {"ip": "192.0.2.1", "deviceId": "d"},
}
OF_CLIENT = {
    field.json_name for field in otp.StartChallengeRequest.DESCRIPTOR.fields_by_name["client"].message_type.fields
}
OF_START = {field.json_name for field in otp.StartChallengeRequest.DESCRIPTOR.fields}


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """Returns status, reason and message of what the edge itself refused."""
    told = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert told["details"][0]["domain"] == "edge.xacthuc"
    return answer.status_code, told["details"][0]["reason"], told["message"]


def test_a_request_reaches_its_method_with_path_body_and_key(http: httpx.Client, upstream: RecordingServer) -> None:
    http.post(CHECK, json={"action": "POST"}, headers={"accept-language": "en", "traceparent": "00-" + "a" * 32})

    call = upstream.calls[-1]
    sent = identity.CheckActionRequest.FromString(call.request)
    assert call.method == "/xacthuc.api.identity.v1.IdentityService/CheckAction"
    assert (sent.name, sent.action) == (
        "accounts/an",
        sent.DESCRIPTOR.fields_by_name["action"].enum_type.values_by_name["POST"].number,
    )
    assert (call.metadata["authorization"], call.metadata["accept-language"]) == ("Bearer xt_dev_x", "en")
    assert call.metadata["traceparent"].startswith("00-a")


def test_nobody_can_speak_for_a_platform(http: httpx.Client, upstream: RecordingServer) -> None:
    http.post(CHECK, json={"action": "POST"}, headers={"x-xacthuc-platform": "other", "X-Xacthuc-Anything": "1"})

    assert [name for name in upstream.calls[-1].metadata if name.startswith("x-xacthuc")] == []


@pytest.mark.rule("R11")
@given(
    name=WORD,
    at=st.sampled_from(["", "client"]),
    value=st.sampled_from(["x", 1, None, True, [], {}, [{"a": 1}], {"b": {}}]),
)
@settings(max_examples=15)
def test_a_field_that_no_request_has_is_refused(http: httpx.Client, upstream: RecordingServer, name, at, value) -> None:
    if name in OF_START | OF_CLIENT:
        name += "Picture"
    body = {**HELD, "client": {**HELD["client"], name: value}} if at else {**HELD, name: value}
    before = len(upstream.calls)

    status, reason, message = refused(http.post(START, json=body))

    assert (status, reason) == (400, "FIELDS_REFUSED")
    assert message.startswith(f"{at}.{name}: is no field of" if at else f"{name}: is no field of")
    assert len(upstream.calls) == before


@given(seed=st.integers(0, 2**32), spaces=st.text(" \t\r\n", max_size=3))
@settings(max_examples=15)
def test_whatever_is_spelled_rightly_passes(http: httpx.Client, upstream: RecordingServer, seed, spaces) -> None:
    order = list(HELD.items())
    random.Random(seed).shuffle(order)
    text = json.dumps(dict(order), ensure_ascii=bool(seed % 2), separators=(f"{spaces},{spaces}", f"{spaces}:{spaces}"))

    answer = http.post(START, content=f"{spaces}{text}{spaces}", headers={"content-type": "application/json"})

    assert answer.status_code == 200
    sent = otp.StartChallengeRequest.FromString(upstream.calls[-1].request)
    assert (sent.phone_number, sent.client.ip) == ("0992000000", "192.0.2.1")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "1",
        '{"action": "POST"} {}',
        '{"action": "POST",}',
        "{'action': 'POST'}",
        '{action: "POST"}',
        '{"action": POST}',
        '{"action": "POST", "action": "READ"}',
        '{"name": "accounts/an", "name": "accounts/an"}',
        '{"acti\\u006fn": "POST"}',
        '{"action": ["POST"]}',
        '{"action": null}',
        '{"action": "LIFT_OFF"}',
        '{"action": {"POST": 1}}',
        '{"action": "PO\nST"}',
        '{"action"',
        '{"action": "POST" /* so */}',
    ],
    ids=range(18),
)
def test_what_is_not_the_json_of_the_request_is_refused(http: httpx.Client, upstream: RecordingServer, body) -> None:
    before = len(upstream.calls)

    answer = http.post(CHECK, content=body, headers={"content-type": "application/json"})

    # An empty body is a request without fields, of which a service says which are missing.
    assert (answer.status_code, len(upstream.calls) - before) == ((400, 0) if body else (200, 1))


def test_a_refusal_names_no_value(http: httpx.Client) -> None:
    """What was sent may be a person's number, and who calls may write down what it is told."""
    told = [
        http.post(START, json={"phoneNumber": 912345678}).text,
        http.post(START, json={"912345678": 1}).text,
        http.post("/v1/accounts", json={"consent": {"acceptTime": "0912345678"}}).text,
        http.post(CHECK, json={"action": "0912345678"}).text,
        http.post(CHECK, json={"name": "accounts/0912345678"}).text,
        http.get("/v1/accounts?0912345678=1").text,
        http.get("/v1/0912345678").text,
    ]

    assert [text for text in told if "12345678" in text] == []


@pytest.mark.rule("R11")
@pytest.mark.parametrize("path", [START, "/v1/accounts"])
def test_nothing_but_json_is_taken_no_form_and_no_file(http: httpx.Client, upstream: RecordingServer, path) -> None:
    before = len(upstream.calls)
    answers = [
        http.post(path, files={"face": ("face.jpg", b"\xff\xd8\xff", "image/jpeg")}),
        http.post(path, data={"phoneNumber": "1"}),
        http.post(path, content=b"\xff\xd8\xff", headers={"content-type": "image/jpeg"}),
        http.post(path, content=b"{}"),
        http.post(path, content=b"{}", headers={"content-type": "application/json; charset=utf-16"}),
        http.post(
            path, content=gzip.compress(b"{}"), headers={"content-type": "application/json", "content-encoding": "gzip"}
        ),
        http.request("GET", "/v1/accounts", content=b"x", headers={"content-type": "image/png"}),
    ]

    answers += [http.post(path), http.post(path, content=iter([b"\xff\xd8\xff"]))]  # no type; and no length either
    assert [refused(answer)[:2] for answer in answers] == [(415, "CONTENT_TYPE_REFUSED")] * 9
    assert len(upstream.calls) == before


def test_more_than_a_request_needs_is_refused(http: httpx.Client, upstream: RecordingServer) -> None:
    before = len(upstream.calls)
    large = http.post(START, json={"phoneNumber": "0" * 140_000})
    deep = http.post(START, content='{"client":' * 40 + "1" + "}" * 40, headers={"content-type": "application/json"})
    long = http.post(START, json=HELD, headers={"x-long": "x" * 20_000})

    assert refused(large)[:2] == (413, "BODY_TOO_LARGE")
    assert refused(deep)[:2] == (400, "FIELDS_REFUSED")
    assert long.status_code == 431
    assert len(upstream.calls) == before


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/v1/nothing"),
        ("POST", "/v1/nothing"),
        ("POST", "/xacthuc.api.identity.v1.IdentityService/CheckAction"),
        ("POST", "/xacthuc.api.identity.v1.IdentityAdmin/CreatePlatform"),
        ("POST", "/xacthuc.api.otp.v1.OtpInternal/RedeemProof"),
    ],
)
def test_what_is_no_path_of_the_contract_leads_nowhere(
    http: httpx.Client, upstream: RecordingServer, verb, path
) -> None:
    before = len(upstream.calls)
    body = {} if verb == "GET" else {"json": {}}

    assert refused(http.request(verb, path, **body))[:2] == (404, "PATH_UNKNOWN")
    assert len(upstream.calls) == before


@pytest.mark.parametrize(
    ("verb", "path", "allow"),
    [
        ("PUT", "/v1/accounts/an", "GET"),
        ("DELETE", "/v1/accounts", "GET, POST"),
        ("GET", CHECK, "POST"),
        ("OPTIONS", CHECK, "POST"),
        ("POST", "/v1/accounts/an%3AcheckAction", "GET"),
        ("POST", "/.well-known/jwks.json", "GET"),
        ("PATCH", "/v1/accounts", "GET, POST"),
        ("QUERY", "/.well-known/jwks.json", "GET, POST"),  # refused before anybody looks at the path
        ("PURGE-ALL", "/v1/accounts", "GET, POST"),
    ],
)
def test_another_verb_is_told_the_right_one(http: httpx.Client, upstream: RecordingServer, verb, path, allow) -> None:
    before = len(upstream.calls)
    answer = http.request(verb, path, **({"json": {}} if verb == "POST" else {}))

    assert refused(answer)[:2] == (405, "VERB_REFUSED")
    assert answer.headers["allow"] == allow
    assert len(upstream.calls) == before


@pytest.mark.parametrize("path", ["/v1/accounts/an", "/.well-known/jwks.json"])
def test_nothing_needs_no_type_to_be_told_the_right_verb(http: httpx.Client, path: str) -> None:
    answer = http.post(path)

    assert answer.request.headers.get("content-type") is None
    assert refused(answer)[:2] == (405, "VERB_REFUSED")


def test_grpc_reaches_the_public_services_alone(edge: EdgeProcess, upstream: RecordingServer) -> None:
    with grpc.insecure_channel(edge.url.removeprefix("http://")) as channel:
        channel.unary_unary("/xacthuc.api.otp.v1.OtpService/CheckCode")(b"", timeout=10)
        for method in ("otp.v1.OtpInternal/RedeemProof", "identity.v1.IdentityAdmin/CreatePlatform"):
            with pytest.raises(grpc.RpcError):
                channel.unary_unary(f"/xacthuc.api.{method}")(b"", timeout=10)

    assert upstream.calls[-1].method == "/xacthuc.api.otp.v1.OtpService/CheckCode"


def test_the_log_tells_methods_and_no_account(http: httpx.Client, edge: EdgeProcess) -> None:
    http.get("/v1/accounts/nguyen-van-an")
    http.post("/v1/accounts/nguyen-van-an:nothing", json={})
    http.get("/v1/accounts?page_token=nguyen-van-an")
    figures = httpx.get(f"{edge.metrics}/stats/prometheus").text

    assert re.search(r'envoy_cluster_upstream_rq_total\{envoy_cluster_name="identity"\} [1-9]', figures)
    assert "nguyen" not in figures + edge.log.read_text()


@pytest.mark.parametrize("path", ["/config_dump", "/quitquitquit", "/certs", "/clusters"])
def test_the_port_of_figures_does_nothing_else(edge: EdgeProcess, path) -> None:
    assert httpx.post(edge.metrics + path).status_code == 403
