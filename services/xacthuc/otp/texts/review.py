"""What is wrong with the texts of a platform's file, which is then refused, and what works but is hardly meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.otp.texts.autofill import Autofill, excess
from xacthuc.otp.texts.texts import LANGUAGES, last_line
from xacthuc.policy import Purpose
from xacthuc.policy.messages import CODE_FIELDS, NOTICE_FIELDS, template_fault
from xacthuc.policy.policy import NOTICE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xacthuc.otp.texts.platform_file import OwnText, PlatformFile
    from xacthuc.policy import Policy

LINES: Final = (Autofill.WEB, Autofill.ANDROID)


def faults(own: PlatformFile, policy: Policy) -> list[str]:
    """Returns why the file must not be used, each with its key; empty when it may."""
    return [
        *_sender_faults(own, policy),
        *_message_faults(own, policy),
        *_speech_faults(own, policy),
        *_notice_faults(own, policy),
        *_id_faults(own, policy),
    ]


def advice(own: PlatformFile, policy: Policy) -> list[str]:
    """Returns what is worth a second look, each with its key; empty when nothing is."""
    return [*_registration_advice(own), *_line_advice(own, policy), *_language_advice(own, policy)]


def _sender_faults(own: PlatformFile, policy: Policy) -> Iterator[str]:
    """Tells whether the sender spoils the policy's words, which stand in wherever the file has none."""
    common = {f"messages.{purpose}": text for purpose, text in policy.messages.items()}
    common |= {f"notices.{name}": text for name, text in policy.notices.items()}
    for key, text in common.items():
        for language in LANGUAGES:
            if fault := policy.message_fault(_body(own, policy, text.in_locale(language))):
                yield f"sender: with it {key}.{language} of the policy {fault}"
                return


def _message_faults(own: PlatformFile, policy: Policy) -> Iterator[str]:
    for key, name, template in _written(own.messages, "messages"):
        if name not in Purpose.__members__:
            yield f"{key}: is no purpose; write one of {', '.join(Purpose)}"
        elif fault := template_fault(template, CODE_FIELDS) or policy.message_fault(_body(own, policy, template)):
            yield f"{key}: {fault}"
        else:
            yield from (f"{key}: {fault}" for fault in _line_faults(own, policy, template))


def _line_faults(own: PlatformFile, policy: Policy, template: str) -> Iterator[str]:
    """Tells by how much a text is too long for the last lines that the file itself asks for."""
    for kind in LINES:
        line = last_line(own, kind, _sample_code(policy))
        if line and (over := excess(_body(own, policy, template) + line, kind)) > 0:
            yield f"is too long for its {kind.name} line by {over}; shorten it by as many characters"


def _speech_faults(own: PlatformFile, policy: Policy) -> Iterator[str]:
    for key, name, template in _written(own.speech, "speech"):
        if name not in Purpose.__members__:
            yield f"{key}: is no purpose; write one of {', '.join(Purpose)}"
        elif fault := policy.speech_fault(template) or policy.wording_fault(_body(own, policy, template)):
            yield f"{key}: {fault}"


def _notice_faults(own: PlatformFile, policy: Policy) -> Iterator[str]:
    for key, name, template in _written(own.notices, "notices"):
        if not NOTICE_NAME.fullmatch(name):
            yield f"{key}: name a notice with a-z, 0-9 and _, at most 64 of them"
        elif fault := template_fault(template, NOTICE_FIELDS) or policy.message_fault(_body(own, policy, template)):
            yield f"{key}: {fault}"
    for name, text in own.notices.items():
        if not text.vi and name not in policy.notices:
            yield f"notices.{name}.vi: is missing; whoever asks for no English is written to in Vietnamese"


def _id_faults(own: PlatformFile, policy: Policy) -> Iterator[str]:
    registers = [("text_ids", own.text_ids)]
    registers += [(f"operator_text_ids.{operator}", ids) for operator, ids in own.operator_text_ids.items()]
    for key, ids in registers:
        for name in ids:
            if name not in Purpose.__members__ and name not in policy.notices and name not in own.notices:
                yield f"{key}.{name}: is neither a purpose nor a notice"


def _registration_advice(own: PlatformFile) -> Iterator[str]:
    if not own.registered_until:
        yield "registered_until: is missing; nobody will be warned before the registration of the sender name ends"


def _line_advice(own: PlatformFile, policy: Policy) -> Iterator[str]:
    for purpose in Purpose:
        for language in LANGUAGES:
            key = f"messages.{purpose}.{language}"
            mine = own.messages.get(purpose)
            if not (mine and mine.in_language(language)):
                common = policy.messages[purpose].in_locale(language)
                yield from (f"{key}: the policy's text {fault}" for fault in _line_faults(own, policy, common))
            yield from (f"{key}: {lack}" for lack in _unregistered_lines(own, purpose, language))


def _unregistered_lines(own: PlatformFile, purpose: Purpose, language: str) -> Iterator[str]:
    for kind in LINES:
        if not last_line(own, kind, ""):
            continue
        for operator in ("unknown", *own.operator_text_ids):
            known = own.text_id(purpose, language, operator)
            if known and not own.text_id(purpose, language, operator, kind):
                yield f"is registered as {known} without its {kind.name} line, which is therefore left out"
                break


def _language_advice(own: PlatformFile, policy: Policy) -> Iterator[str]:
    for name, text in own.notices.items():
        if not text.en and name not in policy.notices:
            yield f"notices.{name}.en: is missing; who asks for English gets the Vietnamese text"


def _written(texts: Mapping[str, OwnText], section: str) -> Iterator[tuple[str, str, str]]:
    for name, text in texts.items():
        for language in LANGUAGES:
            if template := text.in_language(language):
                yield f"{section}.{name}.{language}", name, template


def _body(own: PlatformFile, policy: Policy, template: str) -> str:
    return template.format(brand=own.sender, code=_sample_code(policy), minutes=policy.code_minutes)


def _sample_code(policy: Policy) -> str:
    return "0" * policy.otp.code_digits
