"""Who proves more, or other things, than a number: a child, somebody without a Vietnamese number, and a seller.

python children_and_sellers.py [DATA]     DATA is where `make run` keeps its files: ../../var unless told otherwise
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, date, datetime

from development import Development, register, verify

from xacthuc.client import Account, Action, Commerce, InvalidRequest, NoMobile, Xacthuc

BORN = date(random.randrange(1960, 2000), random.randint(1, 12), random.randint(1, 28))
"""Another person each time: few accounts may stand on one personal ID."""
CONFIRMED, ANOTHERS = f"000 0{BORN:%y} 000000", f"000 0{BORN:%y} 000005"
"""Numbers of the sandbox that belong to nobody; the last digit says how a provider answers."""


def main(data: str = "../../var") -> None:
    """Walks the ways of four people."""
    development = Development.read(data)
    with development.connect() as xacthuc:
        child = register(xacthuc, born=date(datetime.now(UTC).year - 10, 1, 1))
        print("a child:", told(xacthuc, child, Action.POST))

        abroad = register(xacthuc, born=BORN)
        # Shown by the platform, ticked by the person, kept by identity: phone comes first for whoever has one.
        reason = NoMobile(confirmed=True, text_version="2026-11", confirm_time=datetime.now(UTC))
        given = xacthuc.identity.verify_personal_id(abroad, CONFIRMED, reason=reason)
        print("without a number:", given.outcome.name, "|", told(xacthuc, given.account, Action.POST))

        seller = verify(xacthuc, register(xacthuc, born=BORN), development)
        print("a seller:", told(xacthuc, seller, Action.LIVESTREAM_COMMERCE))
        given = xacthuc.identity.verify_personal_id(seller, CONFIRMED, reason=Commerce())
        print("a seller:", given.outcome.name, "|", told(xacthuc, given.account, Action.LIVESTREAM_COMMERCE))

        mistaken = verify(xacthuc, register(xacthuc, born=BORN), development)
        given = xacthuc.identity.verify_personal_id(mistaken, ANOTHERS, reason=Commerce())
        print("somebody else's:", given.outcome.name, "|", told(xacthuc, given.account, Action.LIVESTREAM_COMMERCE))
        try:
            xacthuc.identity.verify_personal_id(mistaken, "024 123 456", reason=Commerce())
        except InvalidRequest as refused:
            for fault in refused.field_faults:
                print("an old card:", fault.reason, "|", fault.sentence)


def told(xacthuc: Xacthuc, account: Account, action: Action) -> str:
    """Says whether an account may do something, and what its holder should do next where not."""
    decision = xacthuc.identity.check_action(account, action)
    verdict = f"{action.name} {decision.reason.name}"
    return f"{verdict}: {decision.next_step.text_en}" if decision.next_step.needed else verdict


if __name__ == "__main__":
    main(*sys.argv[1:])
