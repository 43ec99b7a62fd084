"""What is worth a second look, and how texts are shown."""

from __future__ import annotations

from xacthuc.otp.texts import Autofill, review
from xacthuc.otp.texts.catalogue import samples

CURRENT = "registered_until = 2030-01-01\n"


def advice(texts) -> list[str]:
    return review.advice(texts.platforms["forum"], texts.policy)


def test_a_complete_file_leaves_nothing_to_say(load):
    assert advice(load(CURRENT)) == []


def test_a_registration_without_its_end_is_pointed_out(load):
    assert [line.partition(":")[0] for line in advice(load())] == ["registered_until"]


def test_a_notice_without_english_is_pointed_out(load):
    assert advice(load(CURRENT + "[notices.own]\nvi = '{brand}: xin chao'\n")) == [
        "notices.own.en: is missing; who asks for English gets the Vietnamese text"
    ]


def test_a_text_of_the_policy_without_room_for_the_line_is_pointed_out_with_the_excess(load):
    domain = "a" * 30 + ".vn"

    lines = advice(load(f'{CURRENT}[autofill]\ndomain = "{domain}"\n'))

    assert lines == [
        "messages.GUARDIAN_LINK.en: the policy's text is too long for its WEB line by 5; shorten it by as many characters"
    ]


def test_a_line_that_is_left_out_since_the_text_is_registered_without_it_is_pointed_out(load):
    file = f'{CURRENT}[autofill]\ndomain = "forum.vn"\n[operator_text_ids.viettel]\nREVERIFICATION.vi = "V1"\n'

    assert advice(load(file)) == [
        "messages.REVERIFICATION.vi: is registered as V1 without its WEB line, which is therefore left out"
    ]


def test_every_text_is_shown_in_both_languages_and_with_each_line_it_can_have(load, policy):
    shown = list(samples(load('[autofill]\ndomain = "forum.vn"\nandroid_hash = "FA+9qCX9VSu"\n'), "forum"))

    texts = 2 * (3 * len(policy.messages) + len(policy.speech) + len(policy.notices))
    assert len({(each.key, each.line) for each in shown}) == len(shown) == texts
    assert all(each.length <= each.room for each in shown if each.room)


def test_what_the_platform_wrote_is_told_from_what_the_policy_did(load):
    shown = samples(load("[messages.REVERIFICATION]\nvi = '{brand}: {code}'\n"), "forum")

    assert [each.key for each in shown if each.own] == ["messages.REVERIFICATION.vi"]


def test_brackets_count_twice_as_operators_count_them(load):
    shown = samples(load("[messages.REVERIFICATION]\nvi = '{brand}: [{code}]'\n"), "forum")

    [mine] = [each for each in shown if each.own]
    assert (mine.line, mine.length) == (Autofill.NONE, len("Forum: [123456]") + 2)
