"""Which files of platforms are refused, with what reason, and which are not."""

from __future__ import annotations

import pytest

from xacthuc.datafile import DataFileError
from xacthuc.otp.texts import loading

WEB = '[autofill]\ndomain = "forum.example.vn"\n'
ANDROID = '[autofill]\nandroid_hash = "FA+9qCX9VSu"\n'
MESSAGE = "[messages.ACCOUNT_VERIFICATION]\n"
SPEECH = "[speech.ACCOUNT_VERIFICATION]\n"


def refusal(load, *arguments, **named) -> str:
    with pytest.raises(DataFileError) as refused:
        load(*arguments, **named)
    return str(refused.value)


def test_a_directory_that_is_not_there_holds_no_platform(tmp_path, policy):
    assert loading.load(tmp_path / "missing", policy).platforms == {}


def test_a_file_of_a_sender_alone_is_enough(load):
    assert load().platforms["forum"].sender == "Forum"


@pytest.mark.rule("R34")
@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (MESSAGE + 'vi = "Ma {code}"', "messages.ACCOUNT_VERIFICATION.vi: begin with {brand}"),
        (MESSAGE + 'vi = "{brand}: Mã {code}"', "messages.ACCOUNT_VERIFICATION.vi: has a character outside"),
        (MESSAGE + 'vi = "{brand}: {code} tai voz.vn"', "messages.ACCOUNT_VERIFICATION.vi: has a link"),
        (MESSAGE + 'vi = "{brand}: {code} @forum.example.vn"', "messages.ACCOUNT_VERIFICATION.vi: has a link"),
        (MESSAGE + 'vi = "{brand}: {code} tai 10.0.0.1"', "messages.ACCOUNT_VERIFICATION.vi: has a link"),
        (MESSAGE + 'vi = "{brand}: {code} khuyen  mai"', "has the promotional wording 'khuyen mai'"),
        (MESSAGE + 'vi = "{brand}: xin chao"', "messages.ACCOUNT_VERIFICATION.vi: use {code} exactly once"),
        (MESSAGE + 'vi = "{brand}: {code} {code}"', "messages.ACCOUNT_VERIFICATION.vi: use {code} exactly once"),
        (MESSAGE + 'vi = "{brand}: {code} {name}"', "only {brand}, {code}, {minutes} can be filled in"),
        (MESSAGE + 'vi = "{brand}: {code.real}"', "only {brand}, {code}, {minutes} can be filled in"),
        (MESSAGE + 'vi = "{brand}: {code:>20}"', "only {brand}, {code}, {minutes} can be filled in"),
        (MESSAGE + 'vi = "{brand}: {code"', "messages.ACCOUNT_VERIFICATION.vi: has a stray brace"),
        (MESSAGE + r'vi = "{brand}: {code}\n@forum"', "messages.ACCOUNT_VERIFICATION.vi: has a line break"),
        (MESSAGE + f'vi = "{{brand}}: {{code}} {"a" * 160}"', "takes 174 characters, 14 too many"),
        (SPEECH + 'vi = "{brand}: {code}"', "speech.ACCOUNT_VERIFICATION.vi: use {code} exactly twice"),
        (SPEECH + 'vi = "Mã {code}, {code}"', "speech.ACCOUNT_VERIFICATION.vi: say {brand}"),
        (SPEECH + 'vi = "{brand}: {code}, {code}. Khuyến mãi"', "has the promotional wording 'khuyen mai'"),
        (SPEECH + 'vi = "{brand}.vn: {code}, {code}"', "speech.ACCOUNT_VERIFICATION.vi: has a link"),
        (SPEECH + 'vi = "{brand}: {code}, {code}, voz.vn"', "speech.ACCOUNT_VERIFICATION.vi: has a link"),
        (SPEECH + f'vi = "{{brand}}: {{code}}, {{code}} {"a" * 300}"', "has 324 characters, 24 too many"),
        ('[notices.own]\nvi = "{brand}: {code}"', "notices.own.vi: only {brand} can be filled in"),
        ('[notices.own]\nvi = "{brand}: https://voz"', "notices.own.vi: has a link"),
        ('[notices.own]\nen = "{brand}: hello"', "notices.own.vi: is missing"),
        ('[notices.Own]\nvi = "{brand}: xin chao"', "notices.Own.vi: name a notice"),
    ],
)
def test_a_text_that_must_not_be_sent_is_refused_by_key(load, file, complaint):
    assert complaint in refusal(load, file)


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("senders = 1", "senders: is not known"),
        ("[messages.BIRTHDAY]\nvi = '{brand}: {code}'", "messages.BIRTHDAY.vi: is no purpose; write one of ACCOUNT_"),
        ("[speech.BIRTHDAY]\nvi = '{brand}: {code}'", "speech.BIRTHDAY.vi: is no purpose"),
        (MESSAGE, "messages.ACCOUNT_VERIFICATION.vi: write the text, or remove the table"),
        (MESSAGE + "fr = 'x'", "messages.ACCOUNT_VERIFICATION.fr: is not known"),
        ('[autofill]\ndomain = "https://forum.example.vn"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "Forum.example.vn"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "forum.example.vn:8443"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "localhost"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "10.0.0.1"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "-forum.vn"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "forum.vn #1"', "autofill.domain: write the host name"),
        ('[autofill]\ndomain = "forum.vn\\n"', "autofill.domain: write the host name"),
        ('[autofill]\nandroid_hash = "FA+9qCX9VS"', "autofill.android_hash: write the 11 characters"),
        ('[autofill]\nandroid_hash = "FA-9qCX9VSu"', "autofill.android_hash: write the 11 characters"),
        ("registered_until = 2027-03-31T00:00:00", "registered_until.all: write a day, without a time"),
        ('registered_until = "2027-03-31"', "registered_until: write a table"),
        ("registered_until = {Viettel = 2027-03-31}", "registered_until.Viettel: is not an operator"),
        ("[text_ids]\nBIRTHDAY.vi = 'T1'", "text_ids.BIRTHDAY: is neither a purpose nor a notice"),
        ("[text_ids]\nREVERIFICATION.fr = 'T1'", "text_ids.REVERIFICATION.fr: is not known"),
        ("[text_ids]\nREVERIFICATION.vi = 'T 1'", "text_ids.REVERIFICATION.vi: write 1 to 64 of"),
        ("[operator_text_ids.viettel]\nREVERIFICATION.vi = ''", "operator_text_ids.viettel.REVERIFICATION.vi: write 1"),
        ("[operator_text_ids.viettel]\nBIRTHDAY.vi = 'T1'", "operator_text_ids.viettel.BIRTHDAY: is neither"),
    ],
)
def test_a_key_that_means_nothing_is_refused_by_name(load, file, complaint):
    assert complaint in refusal(load, file)


@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("sender", "complaint"),
    [
        ("Forum Viet Nam", "sender: has 14 characters; at most 11"),
        ("Diễn đàn", "sender: may hold Latin letters"),
        ("123456", "sender: must not consist of digits alone"),
        ("", "sender: is empty"),
        ("forum.vn", "sender: would be a link in every message"),
        ("Sale", "sender: with it messages.ACCOUNT_VERIFICATION.vi of the policy has the promotional wording 'sale'"),
    ],
)
def test_an_unlawful_sender_name_is_refused(load, sender, complaint):
    assert complaint in refusal(load, sender=f'sender = "{sender}"\n')


def test_a_file_without_a_sender_is_refused(load):
    assert "sender: is missing" in refusal(load, sender="")


@pytest.mark.parametrize("platform", ["Forum", "a", "forum_1", "forum-"])
def test_a_file_that_is_not_named_as_a_platform_is_refused(load, platform):
    assert "name the file as the platform" in refusal(load, platform=platform)


@pytest.mark.rule("R34")
@pytest.mark.parametrize(
    ("line", "filling", "complaint"),
    [
        (WEB, 122, "is too long for its WEB line by 1;"),
        (WEB, 141, "is too long for its WEB line by 20;"),
        (ANDROID, 116, "is too long for its ANDROID line by 1;"),
    ],
)
def test_an_own_text_without_room_for_the_line_that_the_file_asks_for_is_refused_with_the_excess(
    load, line, filling, complaint
):
    assert complaint in refusal(load, f"{line}{MESSAGE}vi = '{{brand}}: {{code}}{'a' * filling}'")


@pytest.mark.parametrize(("line", "filling"), [(WEB, 121), (ANDROID, 115)])
def test_an_own_text_with_just_enough_room_for_its_line_is_taken(load, line, filling):
    load(f"{line}{MESSAGE}vi = '{{brand}}: {{code}}{'a' * filling}'")


def test_all_faults_of_all_files_are_told_at_once_each_with_its_file(load, tmp_path):
    (tmp_path / "video.toml").write_text('sender = "12345"')

    faults = refusal(load, f"{MESSAGE}vi = 'x'\nen = 'y'").splitlines()

    assert [fault.partition(": ")[0].rpartition("/")[2] for fault in faults] == [
        "forum.toml",
        "forum.toml",
        "video.toml",
    ]


def test_no_fault_repeats_a_text_which_may_hold_anything(load):
    assert "Nguyen" not in refusal(load, f"{MESSAGE}vi = 'Nguyen {{code}}'")
