"""Where what is kept of a person is opened: a closed list, each with what becomes of it. Another place has to be audited."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

IDENTITY = Path(__file__).resolve().parents[3] / "services" / "xacthuc" / "identity"
OPENING = {"open", "person", "number", "masked_number", "masked_personal_id", "child_until"}
CIPHERS = {"cipher", "key", "kept", "plain"}
PLACES = {
    "adapters/account_rows.py": "masked forms, and whether the holder is a child",
    "adapters/candidates.py": "whether who is to answer for a child is of age",
    "adapters/import_verdicts.py": "whether a row of an import tells of somebody else",
    "adapters/locks/bindings.py": "makes the hashes by which a lock binds an identity",
    "adapters/number_notices.py": "tells a number that another account took it; otp is this product",
    "adapters/personal_id_questions.py": "asks providers and operators, each time audited (`usecases/disclosures.py`)",
    "adapters/personal_id_writes.py": "compares with what a provider says, and who the holder is",
    "adapters/reconciliation/reading.py": "asks operators, each account audited (`usecases/number_questions.py`)",
    "adapters/releases/sql_releases.py": "hands a document to one of the two who had it made; audited before it leaves",
    "adapters/retention/put_away.py": "seals anew under a hold key",
    "adapters/retention/filling.py": "tells a person, or an authority, what is held; audited in the same transaction",
    "adapters/rotation/targets.py": "makes hashes anew",
    "adapters/sessions/origins.py": "addresses of log-ins: for an officer, an authority or the person, each reading audited",
    "adapters/sql_claims.py": "whether who stands on a number is the same person",
    "adapters/sql_sign_ins.py": "goes on with a sign-in",
}


def openings(source: str) -> set[str]:
    """Returns the calls which open something under an account's key."""
    return {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in OPENING
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in CIPHERS
    }


@pytest.mark.rule("R12")
def test_personal_data_is_opened_in_these_places_alone():
    found = {
        str(path.relative_to(IDENTITY))
        for path in IDENTITY.rglob("*.py")
        if path.name not in {"account_cipher.py", "account_keys.py"} and openings(path.read_text("utf-8"))
    }

    assert found == set(PLACES)
