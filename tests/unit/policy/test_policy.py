"""What the bundled policy says, and how a platform changes it."""

from datetime import date
from pathlib import Path

import pytest

from xacthuc.datafile import DataFileError
from xacthuc.policy import (
    Action,
    DeclarationKind,
    NextStep,
    Policy,
    Purpose,
    Reason,
    Requirement,
    VerificationPath,
    deadline,
)
from xacthuc.policy.livestreams import Livestream
from xacthuc.policy.sending import GuardThresholds


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load()


def policy_with(directory: Path, text: str, version: str = "acme-1") -> Policy:
    path = directory / "acme.toml"
    path.write_text(f'version = "{version}"\n{text}', "utf-8")
    return Policy.load(path)


@pytest.mark.rule("R4")
@pytest.mark.parametrize("action", [Action.POST, Action.COMMENT, Action.SHARE, Action.LIVESTREAM])
def test_writing_needs_authentication_under_decree_147(policy: Policy, action: Action) -> None:
    rule = policy.rule_for(action)
    assert rule.requirement is Requirement.AUTHENTICATED
    assert rule.citation == "Decree 147/2024/NĐ-CP Art. 23(3)(e), 27(3)(b)"
    assert rule.effective == date(2024, 12, 25)
    assert not rule.uncertain


@pytest.mark.rule("R5")
@pytest.mark.parametrize("action", [Action.REACT, Action.POLL, Action.DIRECT_MESSAGE, Action.UPLOAD])
def test_interaction_is_gated_by_default_and_marked_uncertain(policy: Policy, action: Action) -> None:
    rule = policy.rule_for(action)
    assert rule.requirement is Requirement.AUTHENTICATED
    assert rule.citation == "Decree 333/2026/NĐ-CP Art. 16(2)"
    assert rule.uncertain


@pytest.mark.rule("R6")
def test_reading_is_free(policy: Policy) -> None:
    assert policy.rule_for(Action.READ).requirement is Requirement.NOTHING


@pytest.mark.rule("R3")
def test_selling_live_needs_a_personal_id(policy: Policy) -> None:
    assert policy.rule_for(Action.LIVESTREAM_COMMERCE).requirement is Requirement.PERSONAL_ID


@pytest.mark.rule("R8")
def test_the_transition_ended_on_the_earlier_of_both_readings(policy: Policy) -> None:
    transition = policy.transition
    assert transition.last_day == date(2025, 3, 24)
    assert transition.last_day < deadline(transition.start, transition.days)
    assert policy.sources["transition.last_day"].uncertain


@pytest.mark.rule("R17")
def test_a_guardian_is_an_adult(policy: Policy) -> None:
    assert (policy.ages.guardian_below, policy.ages.guardian_at_least, policy.ages.assent_from) == (16, 18, 7)


@pytest.mark.rule("R32")
def test_a_number_serves_one_adult_and_five_minors(policy: Policy) -> None:
    assert (policy.accounts_per_number.adults, policy.accounts_per_number.minors) == (1, 5)


def test_guesses_and_sends_have_their_default_caps(policy: Policy) -> None:
    otp = policy.otp
    assert (otp.code_digits, otp.code_life_seconds, otp.code_ceiling_seconds) == (6, 300, 600)
    assert (otp.wrong_checks_per_challenge, otp.wrong_checks_per_number_per_day) == (5, 10)
    assert (otp.resend_gaps_seconds, otp.number_burst, otp.number_refill_seconds) == ((60, 120, 240), 4, 86_400)


@pytest.mark.rule("R55")
def test_every_figure_has_a_citation(policy: Policy) -> None:
    sections = (
        *("ages", "transition", "retention", "grace", "guardianship", "accounts_per_number"),
        *("accounts_per_personal_id", "number_moves", "reverification", "personal_id", "imports", "locks"),
        *("otp", "choice", "spend", "bulk", "identity", "events", "duties", "sms", "reconciliation"),
        *("supervision", "links"),
    )
    figures = {f"{name}.{figure}" for name in sections for figure in type(getattr(policy, name)).__dataclass_fields__}
    figures |= {f"livestream.{figure}" for figure in Livestream.__dataclass_fields__ if figure != "declarations"}
    figures |= {f"livestream.declarations.{kind}" for kind in DeclarationKind}
    kinds = ("operator", "prefix", "provider")
    figures |= {"guard.mode", "guard.record_days"}
    figures |= {f"guard.{kind}.{figure}" for kind in kinds for figure in GuardThresholds.__dataclass_fields__}
    assert figures == set(policy.sources)
    assert all(source.citation for source in policy.sources.values())


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_explained_and_leads_somewhere(policy: Policy, reason: Reason) -> None:
    text = policy.reasons[reason]
    assert text.in_locale("vi-VN") != text.in_locale("en")
    assert policy.next_steps[text.next_step].vi


def test_a_refusal_always_asks_for_a_step(policy: Policy) -> None:
    content = {reason for reason, text in policy.reasons.items() if text.next_step is NextStep.NONE}
    assert content == {Reason.ACTION_NOT_GATED, Reason.VERIFIED}


@pytest.mark.rule("R15")
def test_the_legal_basis_is_the_reasons_own_where_it_has_one(policy: Policy) -> None:
    assert policy.legal_basis(Action.POST, Reason.NOT_VERIFIED) == "Decree 147/2024/NĐ-CP Art. 23(3)(e), 27(3)(b)"
    assert policy.legal_basis(Action.POST, Reason.GUARDIAN_REQUIRED) == "Decree 147/2024/NĐ-CP Art. 23(3)(đ), 27(3)(a)"


def test_the_policy_cannot_be_changed_in_place(policy: Policy) -> None:
    with pytest.raises(TypeError):
        policy.actions[Action.READ] = policy.actions[Action.POST]  # type: ignore[index]


@pytest.mark.rule("R55")
def test_a_change_of_law_is_a_change_of_data(tmp_path: Path) -> None:
    changed = policy_with(tmp_path, "[ages]\nguardian_below = 15\n[actions.REACT]\nrequirement = 'NOTHING'\n")
    assert changed.version == "acme-1"
    assert changed.ages.guardian_below == 15
    assert changed.rule_for(Action.REACT).requirement is Requirement.NOTHING
    assert changed.rule_for(Action.POST).requirement is Requirement.AUTHENTICATED


def test_a_changed_figure_does_not_keep_the_citation_of_the_old_one(tmp_path: Path, policy: Policy) -> None:
    changed = policy_with(tmp_path, "[ages]\nguardian_below = 15\n")
    assert changed.sources["ages.guardian_below"].citation == "set by acme.toml"
    assert changed.sources["ages.assent_from"] == policy.sources["ages.assent_from"]


def test_a_changed_figure_may_bring_its_own_citation(tmp_path: Path) -> None:
    changed = policy_with(
        tmp_path, "[ages.guardian_below]\nvalue = 15\ncitation = 'Decree 1/2030'\neffective = 2030-01-01\n"
    )
    assert changed.sources["ages.guardian_below"].citation == "Decree 1/2030"


def test_a_platforms_file_needs_a_version_of_its_own(tmp_path: Path, policy: Policy) -> None:
    with pytest.raises(DataFileError, match="version: name your own"):
        policy_with(tmp_path, "", version=policy.version)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[ages]\nguardian_bellow = 15", "ages.guardian_bellow: is not known"),
        ("[otp]\ncode_digits = 'six'", "otp.code_digits: write a int, not a str"),
        ("[otp]\ncode_digits = true", "otp.code_digits: write a int, not a bool"),
        ("[otp]\ncode_digits = 4", "otp.code_digits: write 6 to 10"),
        ("[otp]\nwrong_checks_per_challenge = 0", "otp.wrong_checks_per_challenge: write a number above 0"),
        ("[otp]\ncode_ceiling_seconds = 900", "otp.code_ceiling_seconds: write at most 600"),
        ("[otp]\ncode_life_seconds = 90", "otp.code_life_seconds: write whole minutes"),
        ("[otp]\nresend_gaps_seconds = [60, 'x']", "otp.resend_gaps_seconds[1]: write a int"),
        ("[otp]\nresend_gaps_seconds = 60", "otp.resend_gaps_seconds: write a list"),
        ("[otp]\nresend_gaps_seconds = [60, 120, 300]", "otp.resend_gaps_seconds: write waits below"),
        ("[otp]\nresend_gaps_seconds = [200, 200, 200]", "otp.resend_gaps_seconds: write waits that end"),
        ("[spend]\nplatform_codes_per_day_vnd = -2", "spend.platform_codes_per_day_vnd: write dong a day"),
        ("[bulk]\nnumber_per_day = 7", "bulk.number_per_day, number_per_30_days: write numbers above 0"),
        ("[bulk]\nplatform_per_day = 0", "bulk.platform_per_day, system_per_day: write numbers above 0"),
        ("[bulk]\nhours = '20:00-08:00'", "bulk.hours: write HH:MM-HH:MM within one day"),
        ("[bulk]\nhours = '8:00-20:00'", "bulk.hours: write HH:MM-HH:MM within one day"),
        ("[bulk]\nhours = '08:00-24:30'", "bulk.hours: write HH:MM-HH:MM within one day"),
        ("[ages]\nassent_from = 17", "ages.assent_from, guardian_below"),
        ("[ages]\nguardian_below = {value = 15}", "ages.guardian_below.citation: is missing"),
        ("[actions.DANCE]\nrequirement = 'NOTHING'", "actions.DANCE: is not known"),
        ("[actions.POST]\nrequirement = 'LUCK'", "actions.POST.requirement: write one of NOTHING"),
        ("sources = {}", "sources: is not known"),
        ("ages = 3", "ages: write a table"),
        ("[messages.REVERIFICATION]\nvi = '{brand}: Mã {code}'", "messages.REVERIFICATION.vi: has a character outside"),
        ("[messages.REVERIFICATION]\nen = 'Code {code}'", "messages.REVERIFICATION.en: begin with {brand}"),
        (
            "[messages.REVERIFICATION]\nen = '{brand}: {link} {code}'",
            "messages.REVERIFICATION.en: only {brand}, {code}",
        ),
        ("[messages.REVERIFICATION]\nen = '{brand}: hello'", "messages.REVERIFICATION.en: use {code} exactly once"),
        ("[notices.own]\nvi = '{brand}: {code}'\nen = '{brand}: hi'", "notices.own.vi: only {brand}"),
        ("[notices.Own]\nvi = '{brand}: xin chao'\nen = '{brand}: hi'", "notices.Own.en: name a notice"),
        ("[notices.own]\nvi = '{brand}: xin chao'", "notices.own.en: is missing"),
        ("[messages.REVERIFICATION]\nen = '{brand}: {code'", "messages.REVERIFICATION.en: has a stray brace"),
        ("[messages.REVERIFICATION]\nen = '{brand}: {code} voz.vn'", "messages.REVERIFICATION.en: has a link"),
        ("[speech.REVERIFICATION]\nen = '{brand}: {code}'", "speech.REVERIFICATION.en: use {code} exactly twice"),
        ("[speech.REVERIFICATION]\nen = 'It is {code}, {code}'", "speech.REVERIFICATION.en: say {brand}"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(DataFileError) as refusal:
        policy_with(tmp_path, text)
    assert complaint in str(refusal.value)


@pytest.mark.rule("R34")
@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("locale", ["vi-VN", "en"])
def test_every_message_fits_one_segment_for_the_longest_sender(policy: Policy, purpose: Purpose, locale: str) -> None:
    text = policy.code_message(purpose, locale, brand="ABCDEFGHIJK", code="123456")
    assert policy.message_fault(text) is None
    assert text.startswith("ABCDEFGHIJK: ")
    assert text.count("123456") == 1
    assert "5 " in text


@pytest.mark.rule("R34")
def test_a_platform_may_add_a_notice_of_its_own(tmp_path: Path) -> None:
    changed = policy_with(tmp_path, "[notices.own]\nvi = '{brand}: Xin chao'\nen = '{brand}: Hello'\n")
    assert changed.notice_message("own", "en", brand="VOZ") == "VOZ: Hello"
    assert "verification_due" in changed.notices


@pytest.mark.rule("R43")
def test_foreigners_are_told_their_three_outcomes_in_both_languages(policy: Policy) -> None:
    told = [
        ("vi", VerificationPath.PHONE, "SIM du lịch"),
        ("en", VerificationPath.PHONE, "tourist SIM"),
        ("vi", VerificationPath.ELECTRONIC_ID, "VNeID"),
        ("en", VerificationPath.ELECTRONIC_ID, "residence card"),
        ("vi", VerificationPath.READ_ONLY, "định danh điện tử"),
        ("en", VerificationPath.READ_ONLY, "electronic identification"),
    ]

    assert [word in getattr(policy.paths[path].who, language) for language, path, word in told] == [True] * 6
    assert all(policy.paths[path].what.vi and policy.paths[path].what.en for _, path, _ in told)
    assert all(policy.paths[path].citation for _, path, _ in told)
