"""Families who go through the whole product as its platform would lead them: with accounts, numbers and real codes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import redis

from xacthuc.client import (
    Consent,
    Declaration,
    Link,
    NotFound,
    Purpose,
    Relation,
    Unavailable,
    WardGround,
)
from xacthuc.embedded.directory import socket_directory

if TYPE_CHECKING:
    from running_stack import RunningStack

    from xacthuc.client import Xacthuc

BORN = date(1985, 5, 5)
CHILD_BORN = date(datetime.now(UTC).year - 12, 1, 1)


@dataclass
class Town:
    """The platform of the development stack, with its client."""

    stack: RunningStack
    client: Xacthuc
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def until_open(self) -> None:
        """Services that start together find each other within seconds."""
        give_up = time.monotonic() + 60
        while True:
            try:
                self.client.guardian.request_link("nobody", phone_number="0912300000", relation=Relation.MOTHER)
            except NotFound:
                return
            except Unavailable:
                assert time.monotonic() < give_up, "guardian does not reach identity"
                time.sleep(0.1)

    def number(self) -> str:
        """Returns a number that nobody has used."""
        return f"09123{next(self._numbers):05d}"

    def name(self, who: str) -> str:
        """Returns an id that nobody has used."""
        return f"{who}-{next(self._numbers)}"

    def register(self, who: str, born: date = BORN) -> str:
        """Registers an account and returns its id."""
        account = self.name(who)
        consent = Consent(text_version="1", accept_time=datetime.now(UTC), affirmed=True)
        self.client.identity.register_account(account, full_name=f"Trần {who}", birth_date=born, consent=consent)
        return account

    def child(self) -> str:
        """Registers a child of twelve."""
        return self.register("be", CHILD_BORN)

    def verified(self, who: str, number: str) -> str:
        """Registers a grown-up who has proven a number."""
        account = self.register(who)
        self.client.identity.verify_phone(account, self.proof(number, f"accounts/{account}"))
        return account

    def proof(
        self, number: str, subject: str, purpose: Purpose = Purpose.ACCOUNT_VERIFICATION, device: str = ""
    ) -> str:
        """Has a code sent, reads it off the phone, and returns what it proves."""
        challenge = self.client.otp.start_challenge(number, subject=subject, purpose=purpose, device_id=device)
        result = self.client.otp.check_code(challenge, self.stack.code(challenge.name))
        assert result.verified
        return result.proof_token

    def grow_old(self, proof: str, by: timedelta) -> None:
        """Has a proof be that much older, as the store knows it: no test waits for ten minutes."""
        store_url = f"unix://{socket_directory(self.stack.root / 'var' / 'valkey', os.geteuid()) / 'valkey.sock'}"
        with redis.Redis.from_url(store_url) as store:
            (challenge,) = store.scan_iter(f"*:c:{proof.partition('.')[0]}", count=1000)
            store.hincrby(challenge, "vf", -round(by / timedelta(milliseconds=1)))

    def invite(self, child: str, number: str, relation: Relation = Relation.MOTHER, device: str = "") -> Link:
        """Invites whoever has a number."""
        return self.client.guardian.request_link(child, phone_number=number, relation=relation, child_device_id=device)

    def proof_for(self, link: Link, number: str, device: str = "") -> str:
        """Returns what a guardian proves for a link."""
        return self.proof(number, link.name, Purpose.GUARDIAN_LINK, device)

    def confirm(
        self, link: Link, proof: str, *, who: str = "me", born: date = BORN, request_id: str | None = None
    ) -> Link:
        """Takes the child on as the relation demands."""
        return self.client.guardian.confirm_link(
            link,
            proof,
            full_name=f"Trần {who}",
            birth_date=born,
            declaration=declaration(link.relation),
            request_id=request_id,
        )

    def taken_on(self, child: str, relation: Relation = Relation.MOTHER, number: str = "") -> Link:
        """Invites somebody and has them take the child on."""
        number = number or self.number()
        link = self.invite(child, number, relation)
        return self.confirm(link, self.proof_for(link, number), who=f"{relation.name.lower()}")


def declaration(relation: Relation, **others: str) -> Declaration:
    """Returns what a guardian of that relation declares."""
    is_parent = relation in {Relation.FATHER, Relation.MOTHER}
    return Declaration(
        text_version=others.get("text_version", "parent-2026-11" if is_parent else "guardian-2026-11"),
        accept_time=datetime.now(UTC),
        affirmed=True,
        ward_ground=None if is_parent else WardGround.PARENTS_DEAD_OR_UNKNOWN,
    )
