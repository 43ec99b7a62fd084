"""What each field of a release is: which rows of an account, and what of them. Nothing else is read for it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xacthuc.identity.adapters.retention.sections import SECTIONS
from xacthuc.identity.adapters.tables import evidence
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.releases import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.identity.adapters.retention.sections import Section

_SECTIONS: Final = {section.name: section for section in SECTIONS}
_PROVEN: Final = ("kind", "number", "source", "level", "verify_time", "lapse_time", "lapse_reason")


def _of(name: str, **changes: Any) -> Section:
    return replace(_SECTIONS[name], **changes)


FIELDS: Final[Mapping[Field, tuple[Section, ...]]] = MappingProxyType(
    {
        Field.FULL_NAME: (_of("account", columns=("full_name",)),),
        Field.BIRTH_DATE: (_of("account", columns=("birth_date",)),),
        Field.PHONE_NUMBERS: (_of("evidence", columns=_PROVEN, only=(evidence.c.kind == EvidenceKind.PHONE,)),),
        Field.PERSONAL_IDS: (
            _of(
                "evidence",
                columns=_PROVEN,
                only=(evidence.c.kind.in_((EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED)),),
            ),
        ),
        Field.ACCOUNT_STATE: (
            _of("account", columns=("kind", "life", "create_time", "update_time", "close_time", "purge_time")),
        ),
        Field.CONSENTS: (_of("consents"),),
        Field.LOCKS: (_of("locks"),),
        Field.VIOLATIONS: (_of("violations"),),
        Field.GUARDIANS: (_of("guardians"), _of("wards")),
        Field.SESSIONS: (_of("sessions"), _of("held_sessions")),
    }
)
