"""Accounts as ImportAccounts takes them, each serialized by itself: a batch is its rows one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc import names
from xacthuc.api.identity.v1 import internal_pb2
from xacthuc.backfill.domain.classes import Age

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from xacthuc.backfill.domain.accounts import Accounts
    from xacthuc.backfill.domain.importing import Grace

_Request: Final = internal_pb2.ImportAccountsRequest
_Account: Final = internal_pb2.ImportedAccount


def entries(accounts: Accounts, grace: Grace | None) -> list[bytes]:
    """Returns what is sent of each account: of a child neither its name nor its number, which would not be kept."""
    covering = None
    if grace is not None:
        covering = _Account.Transition(legal_basis=grace.legal_basis)
        covering.end_time.FromDatetime(grace.end)
    columns = zip(
        accounts.ids,
        accounts.names,
        accounts.born,
        accounts.numbers,
        accounts.traits,
        accounts.proofs,
        accounts.consents,
        strict=True,
    )
    made = []
    for account_id, name, born, (e164, _, _), traits, proof, consent in columns:
        request = _Request()
        row = request.rows.add(account_id=account_id, transition=covering)
        is_child = traits.age is Age.CHILD
        if name and not is_child:
            row.full_name = name
        if born is not None:
            date = row.birth_date
            date.year, date.month, date.day = born.year, born.month, born.day
        if consent.seconds:
            row.consent.text_version, row.consent.accept_time.seconds = consent
        if e164 and proof.seconds and not is_child:
            phone = row.phone_evidence
            phone.phone_number = e164
            phone.source, phone.verify_time.seconds = proof
        made.append(request.SerializeToString())
    return made


def message(batch_id: UUID, rows: Iterable[bytes]) -> bytes:
    """Returns the request of a batch."""
    # Parts of a message, one after the other, are the message (protobuf.dev/programming-guides/encoding, "Last One Wins").
    return b"".join((_Request(batch_id=str(batch_id)).SerializeToString(), *rows))


def account_of(entry: bytes) -> str:
    """Returns whose row it is."""
    return _Request.FromString(entry).rows[0].account_id


def holder_of(entry: bytes) -> str | None:
    """Returns what is equal for equal name and birth date, as identity compares them; None unless both are known."""
    row = _Request.FromString(entry).rows[0]
    if not row.full_name or not row.HasField("birth_date"):
        return None
    born = row.birth_date
    return f"{born.year}-{born.month}-{born.day}\n{names.normalised(row.full_name)}"
