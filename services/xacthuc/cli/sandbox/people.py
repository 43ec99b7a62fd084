"""What the people of a family do, as their platform would pass it on."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.inbox_file import challenge_id, messages
from xacthuc.client import (
    Action,
    Consent,
    Declaration,
    FailedPrecondition,
    Link,
    Purpose,
    Relation,
    WardGround,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xacthuc.client import Xacthuc
    from xacthuc.policy.linking import Linking

_CODE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_PARENTS: Final = frozenset({Relation.FATHER, Relation.MOTHER})


class Persona(NamedTuple):
    """Somebody who does not exist. The same person each time, so that a number does not change hands by itself."""

    full_name: str
    birth_date: date


MOTHER: Final = Persona("Trần Thị Hạnh", date(1985, 5, 5))
FATHER: Final = Persona("Nguyễn Văn Phúc", date(1983, 3, 3))
GRANDMOTHER: Final = Persona("Lê Thị Lộc", date(1958, 8, 8))
STRANGER: Final = Persona("Phạm Văn Thọ", date(1991, 1, 9))


@dataclass
class People:
    """One family on the platform of the running stack."""

    client: Xacthuc
    inbox: Path
    texts: Linking
    """Whose declarations guardians accept."""
    links: list[str] = field(default_factory=list)
    """Names of the links that came about, oldest first."""
    refused: FailedPrecondition | None = None
    """What somebody was told who could not answer for the child."""

    def child(self, born: date | None = None) -> str:
        """Registers a child, of twelve unless told otherwise; returns its account."""
        born = born or date(datetime.now(UTC).year - 12, 1, 1)
        return self._registered("child", Persona("Nguyễn Bé An", born))

    def grown_up(self, persona: Persona, number: str) -> str:
        """Registers somebody with an account who has proven a number; returns the account."""
        account = self._registered("adult", persona)
        self.client.identity.verify_phone(account, self._proof(number, f"accounts/{account}"))
        return account

    def invites(
        self,
        child: str,
        number: str = "",
        *,
        account: str | None = None,
        relation: Relation = Relation.MOTHER,
        device: str = "",
    ) -> Link:
        """Has a child invite somebody by an account or by a number."""
        link = self.client.guardian.request_link(
            child, account=account, phone_number=number, relation=relation, child_device_id=device
        )
        self.links.append(link.name)
        return link

    def confirms(self, link: Link, number: str, persona: Persona = MOTHER, *, device: str = "") -> Link:
        """Has whoever was invited take the child on."""
        is_parent = link.relation in _PARENTS
        text = self.texts.declaration_parent if is_parent else self.texts.declaration_other
        return self.client.guardian.confirm_link(
            link,
            self._proof(number, link.name, Purpose.GUARDIAN_LINK, device),
            full_name=persona.full_name,
            birth_date=persona.birth_date,
            declaration=Declaration(
                text_version=text.version,
                accept_time=datetime.now(UTC),
                affirmed=True,
                ward_ground=None if is_parent else WardGround.PARENTS_UNABLE,
            ),
        )

    def taken_on(
        self, child: str, number: str, persona: Persona = MOTHER, relation: Relation = Relation.MOTHER
    ) -> Link:
        """Has somebody invited who takes the child on."""
        return self.confirms(self.invites(child, number, relation=relation), number, persona)

    def allows(self, link: Link) -> Link:
        """Has a guardian allow writing at any hour, so that an answer does not depend on when it is asked for."""
        allowed = (Action.POST, Action.COMMENT, Action.SHARE)
        self.client.guardian.update_supervision(link, allowed_actions=allowed, no_quiet_hours=True)
        return link

    def is_refused(self, act: Callable[[], object]) -> None:
        """Does what is refused, and keeps what was said."""
        try:
            act()
        except FailedPrecondition as error:
            self.refused = error

    def _registered(self, kind: str, persona: Persona) -> str:
        account = f"sandbox-{kind}-{secrets.token_hex(4)}"
        consent = Consent(text_version="sandbox", accept_time=datetime.now(UTC), affirmed=True)
        self.client.identity.register_account(
            account, full_name=persona.full_name, birth_date=persona.birth_date, consent=consent
        )
        return account

    def _proof(
        self, number: str, subject: str, purpose: Purpose = Purpose.ACCOUNT_VERIFICATION, device: str = ""
    ) -> str:
        challenge = self.client.otp.start_challenge(number, subject=subject, purpose=purpose, device_id=device)
        return self.client.otp.check_code(challenge, self._code(challenge.name)).proof_token

    def _code(self, challenge: str) -> str:
        give_up = time.monotonic() + _CODE_SECONDS
        while True:
            for message in messages(self.inbox):
                if challenge_id(message["challenge"]) == challenge_id(challenge):
                    return str(message["code"])
            if time.monotonic() >= give_up:
                raise CommandFailed(
                    f"no code came to {self.inbox} within {_CODE_SECONDS:.0f} s",
                    advice="Is the delivery worker running? See what `make run` printed, and var/log.",
                )
            time.sleep(_POLL_SECONDS)
