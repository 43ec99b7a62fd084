"""The life of an account: registered, corrected, closed, erased; and reading what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call, Listing
from xacthuc.client.identity.naming import SERVICE, name_of, stamp, whole_date
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from datetime import date

    from xacthuc.client.calls import Page
    from xacthuc.client.results import Account, Consent, ConsentRecord


def register_account(
    account_id: str, *, full_name: str, birth_date: date, consent: Consent, request_id: str | None = None
) -> Call[Account]:
    """Registers an account with its holder's name and birth date, and nothing more.

    `account_id` is the platform's own opaque id. A holder under 16 is kept pending: `next_step` leads to a parent or
    guardian. AlreadyExists when the id is registered with other data.
    """
    request = service_pb2.RegisterAccountRequest(
        account_id=account_id,
        full_name=full_name,
        birth_date=whole_date(birth_date),
        consent=service_pb2.Consent(
            text_version=consent.text_version,
            accept_time=stamp(consent.accept_time, "accept_time"),
            affirmed=consent.affirmed,
        ),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RegisterAccount", request, resources_pb2.Account, reading.account)


def correct_account(
    account: Account | str, *, full_name: str = "", birth_date: date | None = None, request_id: str | None = None
) -> Call[Account]:
    """Corrects the holder's name, birth date or both; what is left out stays.

    A personal ID that was proven for another name or birth date stands no longer. FailedPrecondition for a closed
    account.
    """
    request = service_pb2.CorrectAccountRequest(
        name=name_of(account),
        full_name=full_name,
        birth_date=None if birth_date is None else whole_date(birth_date),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "CorrectAccount", request, resources_pb2.Account, reading.account)


def get_account(account: Account | str) -> Call[Account]:
    """Returns an account. NotFound when it was never registered."""
    request = service_pb2.GetAccountRequest(name=name_of(account))
    return Call(SERVICE, "GetAccount", request, resources_pb2.Account, reading.account)


def list_accounts(*, page_size: int = 1000) -> Listing[Account]:
    """Goes through all accounts of the platform, by id; pages of up to 1000 are fetched as they are needed."""

    def page(token: str) -> Call[Page[Account]]:
        request = service_pb2.ListAccountsRequest(page_size=page_size, page_token=token)
        return Call(SERVICE, "ListAccounts", request, service_pb2.ListAccountsResponse, reading.accounts)

    return Listing(page)


def close_account(account: Account | str, *, request_id: str | None = None) -> Call[Account]:
    """Closes an account whose holder left, and frees its number. What is kept is destroyed at `purge_time`."""
    request = service_pb2.CloseAccountRequest(name=name_of(account), request_id=request_id or new_request_id())
    return Call(SERVICE, "CloseAccount", request, resources_pb2.Account, reading.account)


def erase_account(account: Account | str, *, request_id: str | None = None) -> Call[Account]:
    """Erases an account at its holder's demand. What the law orders kept waits, sealed away, until `purge_time`."""
    request = service_pb2.EraseAccountRequest(name=name_of(account), request_id=request_id or new_request_id())
    return Call(SERVICE, "EraseAccount", request, resources_pb2.Account, reading.account)


def list_consents(account: Account | str) -> Call[tuple[ConsentRecord, ...]]:
    """Returns what the holder agreed to and confirmed, oldest first: what a data subject or an inspector asks for."""
    request = service_pb2.ListConsentsRequest(parent=name_of(account))
    return Call(SERVICE, "ListConsents", request, service_pb2.ListConsentsResponse, reading.consents)
