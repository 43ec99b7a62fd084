"""Account ids appear in URLs, answers and logs of platforms: they must not be a person's number or address."""

import protovalidate
import pytest

from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2 as livestream_resources_pb2
from xacthuc.api.livestream.v1 import service_pb2 as livestream_pb2
from xacthuc.api.otp.v1 import service_pb2 as otp_pb2

PERSONAL = [
    "0912345678",
    "0912.345.678",
    "0912-345-678",
    "0_912_345_678",
    "0~9~1~2~3~4~5~6~7~8",
    "-0912345678-",
    "84912345678",
    "84-912-345-678",
    "8-4912345678",
    "0084912345678",
    "00-84.912.345.678",
    "01234567890",
    "079123456789",
    "079-123-456-789",
    "nguyen.van.a~gmail.com",
    "nguyen.van.a-at-gmail-com",
    "nguyenvanagmail.com",
    "An.Nguyen_Yahoo.com.VN",
    "an~outlook_com",
    "an~icloud.com",
    "an~hotmail.com",
    "an.nguyen~hcmus.edu.vn",
    "an~fpt.com.vn",
]
OPAQUE = [
    "a",
    "0",
    "84",
    "912345678",
    "012345678",
    "1234567890",
    "1234567890123456789",
    "0123456789012345",
    "84123456",
    "8412345678901234567",
    "2026-11-23-0001",
    "0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
    "01JDZ8K3V5W7Y9A1B3C5D7E9F1",
    "user-0912",
    "u_000000001",
    "gmail",
    "gmail.fan",
    "outlook-community",
    "icloud.vnexpress",
    "forum.vn",
    "edu.vn.1",
    "com",
]


def rules_broken_by(account_id):
    """Returns the rules that each contract says an account id breaks."""
    registration = identity_pb2.RegisterAccountRequest(account_id=account_id)
    challenges = [otp_pb2.StartChallengeRequest(subject=f"{kind}/{account_id}") for kind in ("accounts", "links")]
    return [
        {
            one.proto.rule_id
            for one in protovalidate.collect_violations(request)
            if one.proto.field.elements[0].field_name in {"account_id", "subject"}
        }
        for request in (registration, *challenges)
    ]


@pytest.mark.parametrize("account_id", PERSONAL)
def test_an_id_that_reads_as_a_number_or_an_address_is_refused(account_id):
    assert rules_broken_by(account_id) == [
        {"account_id.not_personal"},
        {"subject.not_personal"},
        {"subject.not_personal"},
    ]


@pytest.mark.parametrize("account_id", OPAQUE)
def test_an_opaque_id_is_taken(account_id):
    assert rules_broken_by(account_id) == [set(), set(), set()]


def rules_broken_on_air_by(own_id):
    """Returns the rules that an id of the platform's breaks in what is told of broadcasts, by where it stands."""
    wish = {"account": f"accounts/{own_id}", "broadcast_id": own_id}
    messages = (
        livestream_pb2.AuthorizeBroadcastRequest(**wish),
        livestream_pb2.BatchAuthorizeRequest.Entry(**wish),
        livestream_resources_pb2.Declaration(product_id=own_id),
    )
    return [
        {one.proto.rule_id for one in protovalidate.collect_violations(each) if one.proto.rule_id.endswith("personal")}
        for each in messages
    ]


@pytest.mark.parametrize("own_id", PERSONAL)
def test_what_reads_as_a_number_or_an_address_names_no_seller_broadcast_or_product(own_id):
    wish = {"account.not_personal", "broadcast_id.not_personal"}

    assert rules_broken_on_air_by(own_id) == [wish, wish, {"product_id.not_personal"}]


@pytest.mark.parametrize(
    "goods", ["00036000291452", "00841234567890", "8412345678905", "8934563138165", "SKU-036000291452"]
)
def test_a_number_of_goods_names_a_product(goods):
    """GTIN-14, which any shorter one becomes by zeros before it; the GTIN-13 of Spain and of Viet Nam."""
    declaration = livestream_resources_pb2.Declaration(product_id=goods)

    assert not [
        each.proto.rule_id for each in protovalidate.collect_violations(declaration) if "personal" in each.proto.rule_id
    ]


@pytest.mark.parametrize("own_id", OPAQUE)
def test_an_opaque_id_names_a_broadcast(own_id):
    assert rules_broken_on_air_by(own_id) == [set(), set(), set()]
