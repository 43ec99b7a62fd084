"""Verifies an account with a Vietnamese mobile number and asks whether it may post.

python verify_by_phone.py [NUMBER [DATA]]     DATA is where `make run` keeps its files: ../../var unless told otherwise
"""

from __future__ import annotations

import math
import sys

from development import Development, register

from xacthuc.client import Action, Decision, XacthucError


def main(phone_number: str = "0992 000 000", data: str = "../../var") -> None:
    """Walks the whole way of one person."""
    development = Development.read(data)
    with development.connect() as xacthuc:
        # Every write makes a `request_id` and keeps it while it is retried: it gets one answer, and nothing happens twice.
        account = register(xacthuc)
        print("before:", told(xacthuc.identity.check_action(account, Action.POST)))

        challenge = xacthuc.otp.start_challenge(phone_number, subject=account, device_id="phone-1")
        code = development.code_of(challenge)  # the person would read it from the phone and type it
        checked = xacthuc.otp.check_code(challenge, code)
        print("code:", checked.verdict.name)

        account = xacthuc.identity.verify_phone(account, checked.proof_token)
        print("account:", account.state.name, account.masked_phone_number)
        print("after:", told(xacthuc.identity.check_action(account, Action.POST)))


def told(decision: Decision) -> str:
    """Says why; a "no" is an answer, not an error, and comes with what the person should do next."""
    if decision:
        return f"may post, {decision.reason.name} by {decision.legal_basis}"
    return f"may not post, {decision.reason.name}: {decision.next_step.text_en}"


def fault(error: XacthucError) -> str:
    """Says what went wrong. Decide by `reason`, never by the message (docs/errors.md)."""
    lines = [f"{error.status.name} {error.reason}"]
    lines += [f"  {each.field}: {each.description} ({each.reason})" for each in error.field_faults]
    if error.retry_after is not None:
        lines.append(f"  again in {math.ceil(error.retry_after.total_seconds())} s")
    if error.localized:
        lines.append(f"  to the person: {error.localized}")
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except XacthucError as error:
        sys.exit(fault(error))
