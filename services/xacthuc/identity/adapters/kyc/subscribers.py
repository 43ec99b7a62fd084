"""One operator's records of subscribers and numbers over HTTP: TLS verified, no redirects, answers judged with suspicion."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.kyc import answers
from xacthuc.identity.adapters.kyc.asking import Api, Line
from xacthuc.identity.adapters.kyc.kyc_file import Detail
from xacthuc.identity.adapters.kyc.number_history import Recycling, SimSwaps
from xacthuc.identity.adapters.remote.exchange import opened_exchange
from xacthuc.identity.adapters.remote.spelling import DateFormat, dated, spelled
from xacthuc.identity.ports.eid import SubscriberMatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.kyc.answers import Findings, Judged
    from xacthuc.identity.adapters.kyc.kyc_file import KycFile
    from xacthuc.identity.adapters.remote.exchange import Reply
    from xacthuc.identity.ports.eid import Person

_MEMBERS: Final = {Detail.FULL_NAME: "name", Detail.BIRTH_DATE: "birthdate", Detail.PERSONAL_ID: "idDocument"}


class KycMatch:
    """Implements `ports.eid.Subscribers` over one operator's API."""

    def __init__(self, described: KycFile, api: Api[Findings]) -> None:
        """Asks through `api`."""
        self.name = api.operator
        self.at_once = api.at_once
        self._described = described
        self._api = api

    async def match(self, number: str, person: Person, correlator: str) -> SubscriberMatch:
        """Compares the holder of `number` (E.164) with a person; what is not known of it is not asked. Raises ProviderDown."""
        values = self._values(person)
        lacking = Detail.PERSONAL_ID in self._described.details and not person.personal_id

        def judge(reply: Reply) -> Judged[Findings]:
            return answers.judge(reply, values.keys(), without_personal_id=lacking)

        findings = await self._api.ask(self._body(number, values), correlator, judge)
        return SubscriberMatch(operator=self.name, **findings._asdict())

    def _values(self, person: Person) -> dict[Detail, str]:
        described = self._described
        values = {
            Detail.FULL_NAME: spelled(person.full_name, described.name_spelling, capitals=described.name_capitals),
            Detail.BIRTH_DATE: dated(person.birth_date, DateFormat.ISO),
            Detail.PERSONAL_ID: person.personal_id,
        }
        known = {detail: values[detail] for detail in described.details if values[detail]}
        hashed = {detail: sha256(known[detail].encode()).hexdigest() for detail in described.hashed if detail in known}
        return known | hashed

    def _body(self, number: str, values: dict[Detail, str]) -> dict[str, str]:
        body = {"phoneNumber": number} | {_MEMBERS[detail]: value for detail, value in values.items()}
        if Detail.PERSONAL_ID in values and self._described.document_type:
            body["idDocumentType"] = self._described.document_type.value
        return body


@dataclass(frozen=True, slots=True)
class Operator:
    """The APIs that an operator offers."""

    kyc: KycMatch | None
    recycling: Recycling | None
    sim_swaps: SimSwaps | None


@asynccontextmanager
async def opened_operator(
    described: KycFile, clock: Clock, observe: Callable[[str], Callable[[str, float], None]]
) -> AsyncIterator[Operator]:
    """Keeps the connections for as long as it is entered; `observe` returns what takes the outcomes of an API by its name.

    DataFileError for certificates that cannot be used.
    """
    async with opened_exchange(
        timeout_seconds=described.timeout_seconds, concurrency=described.concurrency, tls=described.tls
    ) as exchange:
        line = Line.to(described, exchange, clock)
        try:
            yield offered(described, line, observe)
        finally:
            await line.tokens.close()


def offered(described: KycFile, line: Line, observe: Callable[[str], Callable[[str, float], None]]) -> Operator:
    """Returns the APIs that a file names an address of."""
    kyc, recycling, swaps = "kyc_match", "number_recycling", "sim_swap"
    return Operator(
        kyc=KycMatch(described, Api(line, kyc, described.match_url, observe(kyc))) if described.match_url else None,
        recycling=Recycling(Api(line, recycling, described.recycling_check_url, observe(recycling)))
        if described.recycling_url
        else None,
        sim_swaps=SimSwaps(Api(line, swaps, described.sim_swap_date_url, observe(swaps)), line.clock)
        if described.sim_swap_url
        else None,
    )
