"""What a provider's claims tell of a person, by the names in the settings. Pure.

What is not told is None. What is told and cannot be read makes the whole answer unusable: half an identity is none.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.oidc.causes import Cause, Unusable
from xacthuc.identity.adapters.remote.spelling import DateFormat, date_of
from xacthuc.identity.ports.eid import Confirmation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile

_MOST_CHARACTERS: Final = 200
"""As much as an account's name may have; numbers and levels are far shorter."""
_NOT_A_WHOLE_DATE: Final = re.compile(r"\d{4}|0000-\d{2}-\d{2}", re.ASCII)
"""A year alone, or a day without its year: OpenID Connect Core section 5.1 allows both for `birthdate`."""


def confirmation(
    described: ProviderFile, told: Sequence[Mapping[str, object]], id_token: str, now: datetime
) -> Confirmation:
    """Reads what the ID token, and after it UserInfo, tells. Unusable when something is there that cannot be read."""
    names = described.claims
    return Confirmation(
        provider=described.name,
        level=text_claim(told, names.level) or "",
        transaction_id=text_claim(told, names.transaction_id) or sha256(id_token.encode()).hexdigest(),
        confirm_time=now,
        personal_id=text_claim(told, names.personal_id),
        full_name=text_claim(told, names.full_name),
        birth_date=_date(told, names.birth_date, names.birth_date_format),
    )


def text_claim(told: Sequence[Mapping[str, object]], path: str) -> str | None:
    """Returns a claim that is a text; None when there is none, Unusable when it is something else."""
    value = claim(told, path) if path else None
    if value is None or value == "":
        return None
    # A number that arrives as one has lost its leading zeros.
    if not isinstance(value, str) or len(value) > _MOST_CHARACTERS or not value.isprintable():
        raise Unusable(Cause.GARBLED)
    return value


def _date(told: Sequence[Mapping[str, object]], path: str, form: DateFormat) -> date | None:
    text = text_claim(told, path)
    if text is None or (form is DateFormat.ISO and _NOT_A_WHOLE_DATE.fullmatch(text)):
        return None
    if (day := date_of(text, form)) is None:
        raise Unusable(Cause.GARBLED)
    return day


def claim(told: Sequence[Mapping[str, object]], path: str) -> object:
    """Returns what the first to tell says at `path`, whose dots lead into objects; None when nobody does."""
    return next((found for claims in told if (found := _find(claims, path)) is not None), None)


def _find(claims: Mapping[str, object], path: str) -> object:
    # The whole first: names of claims may have dots themselves, such as https://provider.example/id.
    if path in claims:
        return claims[path]
    head, _, rest = path.partition(".")
    inner = claims.get(head)
    return _find(inner, rest) if rest and isinstance(inner, dict) else None
