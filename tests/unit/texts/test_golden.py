"""Every text that comes with the product, letter by letter: what operators register is what is sent."""

from __future__ import annotations

import pytest

from xacthuc.otp.texts import Occasion, Texts
from xacthuc.policy import Purpose

MESSAGES = {
    ("ACCOUNT_VERIFICATION", "vi"): (
        "Forum: Ma xac thuc tai khoan la 204839, hieu luc 5 phut. Khong chia se ma nay voi bat ky ai."
    ),
    ("ACCOUNT_VERIFICATION", "en"): (
        "Forum: Your account verification code is 204839, valid for 5 minutes. Do not share it with anyone."
    ),
    ("NUMBER_CHANGE", "vi"): (
        "Forum: Ma doi so dien thoai la 204839, hieu luc 5 phut. Khong chia se ma nay voi bat ky ai."
    ),
    ("NUMBER_CHANGE", "en"): (
        "Forum: Your code to change the phone number is 204839, valid for 5 minutes. Do not share it with anyone."
    ),
    ("GUARDIAN_LINK", "vi"): (
        "Forum: Ma 204839, hieu luc 5 phut, de dang ky giam ho tai khoan tre em. Khong chia se neu ban khong yeu cau."
    ),
    ("GUARDIAN_LINK", "en"): (
        "Forum: Code 204839, valid for 5 minutes, to register as guardian of a child's account."
        " Do not share it if you did not ask."
    ),
    ("REVERIFICATION", "vi"): (
        "Forum: Ma xac thuc lai so dien thoai la 204839, hieu luc 5 phut. Khong chia se ma nay voi bat ky ai."
    ),
    ("REVERIFICATION", "en"): (
        "Forum: Your code to confirm this number again is 204839, valid for 5 minutes. Do not share it with anyone."
    ),
}
VI, EN = "hai, không, bốn, tám, ba, chín", "two, zero, four, eight, three, nine"
SPEECH = {
    ("ACCOUNT_VERIFICATION", "vi"): (
        f"Xin chào, đây là Forum. Mã xác thực tài khoản của bạn là: {VI}. Xin nhắc lại: {VI}."
        " Mã có hiệu lực trong 5 phút. Không chia sẻ mã này với bất kỳ ai."
    ),
    ("ACCOUNT_VERIFICATION", "en"): (
        f"Hello, this is Forum. Your account verification code is: {EN}. Once more: {EN}."
        " It is valid for 5 minutes. Do not share it with anyone."
    ),
    ("NUMBER_CHANGE", "vi"): (
        f"Xin chào, đây là Forum. Mã đổi số điện thoại của bạn là: {VI}. Xin nhắc lại: {VI}."
        " Mã có hiệu lực trong 5 phút. Không chia sẻ mã này với bất kỳ ai."
    ),
    ("NUMBER_CHANGE", "en"): (
        f"Hello, this is Forum. Your code to change the phone number is: {EN}. Once more: {EN}."
        " It is valid for 5 minutes. Do not share it with anyone."
    ),
    ("GUARDIAN_LINK", "vi"): (
        f"Xin chào, đây là Forum. Mã để đăng ký giám hộ tài khoản trẻ em là: {VI}. Xin nhắc lại: {VI}."
        " Mã có hiệu lực trong 5 phút. Không chia sẻ mã này nếu bạn không yêu cầu."
    ),
    ("GUARDIAN_LINK", "en"): (
        f"Hello, this is Forum. Your code to register as guardian of a child's account is: {EN}. Once more: {EN}."
        " It is valid for 5 minutes. Do not share it if you did not ask."
    ),
    ("REVERIFICATION", "vi"): (
        f"Xin chào, đây là Forum. Mã xác thực lại số điện thoại của bạn là: {VI}. Xin nhắc lại: {VI}."
        " Mã có hiệu lực trong 5 phút. Không chia sẻ mã này với bất kỳ ai."
    ),
    ("REVERIFICATION", "en"): (
        f"Hello, this is Forum. Your code to confirm this number again is: {EN}. Once more: {EN}."
        " It is valid for 5 minutes. Do not share it with anyone."
    ),
}
NOTICES = {
    ("details_due", "vi"): (
        "Forum: Tai khoan cua ban con thieu ho ten hoac ngay sinh. Vui long mo ung dung de bo sung va tiep tuc dang bai."
    ),
    ("details_due", "en"): (
        "Forum: Your account lacks your full name or birth date. Open the app and add it to go on posting."
    ),
    ("guardian_due", "vi"): (
        "Forum: Tai khoan nguoi duoi 16 tuoi can cha, me hoac nguoi giam ho dang ky. Vui long cung cha me mo ung dung."
    ),
    ("guardian_due", "en"): (
        "Forum: An account of somebody under 16 has to be registered by a parent or guardian. Open the app together with them."
    ),
    ("personal_id_due", "vi"): (
        "Forum: Tai khoan cua ban can xac thuc bang so dinh danh ca nhan. Vui long mo ung dung de xac thuc, khong can anh giay to."
    ),
    ("personal_id_due", "en"): (
        "Forum: Your account needs your personal identification number. Open the app to verify it; no picture of a paper is needed."
    ),
    ("number_moved", "vi"): (
        "Forum: Tai khoan cua ban da doi sang so dien thoai khac, khong con dung so nay. Vui long mo ung dung neu ban khong thuc hien."
    ),
    (
        "number_moved",
        "en",
    ): "Forum: Another number took the place of this one on your account. Open the app if that was not you.",
    ("verification_due", "vi"): (
        "Forum: Tai khoan cua ban chua xac thuc so dien thoai. Vui long mo ung dung de xac thuc va tiep tuc dang bai."
    ),
    ("verification_due", "en"): (
        "Forum: Your account has no verified phone number yet. Open the app and verify it to go on posting."
    ),
}
LANGUAGES = ("vi", "en")


@pytest.fixture
def texts(policy) -> Texts:
    return Texts(policy=policy, platforms={})


def occasion(language: str) -> Occasion:
    return Occasion(platform="forum", brand="Forum", locale=language)


@pytest.mark.rule("R34")
def test_every_message_with_a_code_reads_as_registered(texts):
    made = {
        (purpose.value, language): texts.code(occasion(language), purpose, "204839").text
        for purpose in Purpose
        for language in LANGUAGES
    }

    assert made == MESSAGES


def test_every_call_says_the_code_twice_digit_by_digit(texts):
    made = {
        (purpose.value, language): texts.spoken(occasion(language), purpose, "204839").text
        for purpose in Purpose
        for language in LANGUAGES
    }

    assert made == SPEECH


@pytest.mark.rule("R34")
def test_every_notice_reads_as_registered(texts, policy):
    made = {
        (name, language): texts.notice(occasion(language), name).text
        for name in policy.notices
        for language in LANGUAGES
    }

    assert made == NOTICES
