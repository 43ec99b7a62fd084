"""The calls of IdentityService: who may do what."""

from xacthuc.client.identity.accounts import (
    close_account,
    correct_account,
    erase_account,
    get_account,
    list_accounts,
    list_consents,
    register_account,
)
from xacthuc.client.identity.decisions import check_action, check_actions, get_jwks, issue_standing_token
from xacthuc.client.identity.events import get_watch_cursor, watch_accounts
from xacthuc.client.identity.locks import lock_account, record_violation, unlock_account
from xacthuc.client.identity.naming import SERVICE
from xacthuc.client.identity.personal_id import complete_electronic_id, start_electronic_id, verify_personal_id
from xacthuc.client.identity.sessions import record_sessions
from xacthuc.client.identity.verification import (
    change_number,
    list_verification_paths,
    revoke_verification,
    verify_phone,
)

__all__ = [
    "SERVICE",
    "change_number",
    "check_action",
    "check_actions",
    "close_account",
    "complete_electronic_id",
    "correct_account",
    "erase_account",
    "get_account",
    "get_jwks",
    "get_watch_cursor",
    "issue_standing_token",
    "list_accounts",
    "list_consents",
    "list_verification_paths",
    "lock_account",
    "record_sessions",
    "record_violation",
    "register_account",
    "revoke_verification",
    "start_electronic_id",
    "unlock_account",
    "verify_personal_id",
    "verify_phone",
    "watch_accounts",
]
