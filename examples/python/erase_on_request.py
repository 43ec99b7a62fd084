"""Does what a person may demand: hands over what was agreed to, closes the account, and erases it.

python erase_on_request.py [DATA]     DATA is where `make run` keeps its files: ../../var unless told otherwise
"""

from __future__ import annotations

import json
import sys

from development import Development, register, verify

from xacthuc.client import Account, Action, FailedPrecondition, Xacthuc


def main(data: str = "../../var") -> None:
    """Serves the three demands of one person, in their order."""
    development = Development.read(data)
    with development.connect() as xacthuc:
        account = verify(xacthuc, register(xacthuc), development)
        print("consents:", consents(xacthuc, account))

        closed = xacthuc.identity.close_account(account)
        print("closed:", told(closed))
        print("may post:", xacthuc.identity.check_action(account, Action.POST).reason.name)

        # The key of the account is destroyed at once, which empties it in every backup too. What the law orders kept lies
        # sealed under a key of its own until `purge_time`, when that one is destroyed as well (docs/privacy.md).
        erased = xacthuc.identity.erase_account(account)
        print("erased:", told(erased))

        try:
            xacthuc.identity.correct_account(account, full_name="Nguyễn Thị Minh Anh")
        except FailedPrecondition as refused:
            print("afterwards:", refused.reason, refused.metadata["state"])


def consents(xacthuc: Xacthuc, account: Account) -> str:
    """Returns what the holder agreed to, as a file for them: what, to which text, when, and when it was recorded."""
    records = [
        {
            "kind": each.kind.name,
            "text_version": each.text_version,
            "accept_time": each.accept_time.isoformat(),
            "record_time": each.record_time.isoformat(),
        }
        for each in xacthuc.identity.list_consents(account)
    ]
    return json.dumps(records)


def told(account: Account) -> str:
    """Says where an account stands and when what is kept of it will be gone."""
    return f"{account.state.name}, kept until {account.purge_time:%Y-%m-%d}"


if __name__ == "__main__":
    main(*sys.argv[1:])
