"""What `make run` leaves in its data directory, and people to try things out with. None of it exists in production."""

from __future__ import annotations

import json
import random
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from xacthuc.client import Account, Challenge, Consent, Xacthuc

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Development:
    """The running stack: where it is, and what it would have sent to phones."""

    otp: str
    identity: str
    platform: str
    key: str
    inbox: Path

    @classmethod
    def read(cls, data: str = "../../var") -> Development:
        """Reads the running stack's addresses and the development platform's key."""
        try:
            up, demo = (json.loads((Path(data) / name).read_text("utf-8")) for name in ("up.json", "demo.json"))
        except FileNotFoundError as missing:
            raise SystemExit(f"cannot read {missing.filename}: is Xacthuc running (make run)?") from None
        platform = up["platform"].removeprefix("platforms/")
        return cls(up["otp"], up["identity"], platform, demo["secret"], Path(up["inbox"]))

    def connect(self) -> Xacthuc:
        """Returns a client of the stack; close it, or use it in a `with` statement."""
        return Xacthuc(key=self.key, otp=self.otp, identity=self.identity, language="en")

    def code_of(self, challenge: Challenge) -> str:
        """Returns the code that was "sent" for a challenge, once its message is in the inbox."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            for message in map(json.loads, self.inbox.read_text("utf-8").splitlines()):
                if challenge.name == f"challenges/{message['challenge']}":
                    return str(message["code"])
            time.sleep(0.05)
        raise SystemExit(f"no message for {challenge.name} within {PATIENCE_SECONDS} s")


def register(xacthuc: Xacthuc, *, born: date = date(1995, 9, 2)) -> Account:
    """Registers somebody under a new id."""
    return xacthuc.identity.register_account(
        f"py-{uuid.uuid4().hex[:8]}",  # your own id of the account, nothing personal
        full_name="Nguyễn Thị Minh Anh",
        birth_date=born,
        consent=Consent(text_version="2026-11", accept_time=datetime.now(UTC), affirmed=True),
    )


def verify(xacthuc: Xacthuc, account: Account, development: Development) -> Account:
    """Verifies an account with a number of the sandbox, as `verify_by_phone.py` does step by step."""
    number = f"0992 000 0{random.randrange(20, 50)}"
    challenge = xacthuc.otp.start_challenge(number, subject=account, device_id=account.name)
    checked = xacthuc.otp.check_code(challenge, development.code_of(challenge))
    return xacthuc.identity.verify_phone(account, checked.proof_token)
