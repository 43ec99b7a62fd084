"""A hundred thousand rows in every table of identity that grows, made by the database; none of them can be opened."""

MANY = 100_000

_HASH = "decode(md5(n::text), 'hex')"
_AGE = "now() - n * interval '1 s'"

_ROWS = {
    "identity.accounts (platform, account, person, person_index, create_time, update_time, purge_time)": (
        f"'forum', 'c' || n, '', {_HASH}, {_AGE}, {_AGE}, CASE n % 100 WHEN 0 THEN now() END"
    ),
    "identity.consents (platform, account, text_version, accept_time, record_time)": f"'forum', 'c' || n, '1', {_AGE}, {_AGE}",
    "identity.evidence (platform, account, kind, source, verify_time, number, number_index)": (
        f"'forum', 'c' || n, 'PHONE', 'otp/sms', {_AGE}, '', {_HASH}"
    ),
    "identity.number_claims (platform, number_index, account, verify_time)": f"'forum', {_HASH}, 'c' || n, {_AGE}",
    "identity.personal_id_claims (platform, personal_id_index, account, verify_time)": f"'forum', {_HASH}, 'c' || n, {_AGE}",
    "identity.number_moves (platform, number_index, move_time, account)": f"'forum', {_HASH}, {_AGE}, 'c' || n",
    "identity.proofs (proof_id, platform, account, redeem_time)": f"'p' || n, 'forum', 'c' || n, {_AGE}",
    "identity.requests (platform, method, request_id, fingerprint, answer, create_time, account)": (
        f"'forum', 'RegisterAccount', 'r' || n, '', '', {_AGE}, 'c' || n"
    ),
    "identity.locks (platform, account, basis, create_time, lock_id)": f"'forum', 'c' || n, 'ORDER', {_AGE}, 'l' || n",
    "identity.lock_identities (platform, account, lock_id, kind, value_index, expire_time)": (
        f"'forum', 'c' || n, 'l' || n, 'PERSONAL_ID', {_HASH}, {_AGE}"
    ),
    "identity.violations (platform, account, authority, order_number, national_security, violate_time, record_time)": (
        f"'forum', 'c' || n, 'CYBERSECURITY', n, false, {_AGE}, {_AGE}"
    ),
    "identity.erasures (platform, account, cause, want_time, destroyed)": f"'forum', 'c' || n, 'CLOSED', {_AGE}, '{{}}'",
    "identity.erasure_acknowledgements (erasure, service, due_time, acknowledge_time)": (
        f"n, 'guardian', {_AGE}, CASE WHEN n % 100 > 0 THEN {_AGE} END"
    ),
    "identity.subject_requests (platform, request, account, demand, elsewhere, receive_time, acknowledge_due_time, due_time,"
    " acknowledge_time, extend_reason, end_time, refusal_basis)": (
        f"'forum', 's' || n, 'c' || n, 'ACCESS', false, {_AGE}, {_AGE}, {_AGE}, {_AGE}, '', {_AGE}, ''"
    ),
    "identity.reconciliation_findings (run, platform, account, kind, source, observe_time, full_name_match,"
    " birth_date_match, personal_id_match, action, applied, create_time)": (
        f"'r', 'forum', 'c' || n, 'RECYCLED', 'operator/o', {_AGE}, 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'NOTE', false, {_AGE}"
    ),
    "identity.releases (platform, release, accounts, authority, legal_basis, reference, receive_time, emergency, fields,"
    " due_time, create_time, close_reason, end_time)": (
        f"'forum', 'r' || n, ARRAY['c' || n], 'A05', '', '', {_AGE}, false, '{{FULL_NAME}}', {_AGE}, {_AGE}, '', {_AGE}"
    ),
    "identity.cases (platform, case_id, kind, reference, emergency, receive_time, due_time, close_time, outcome)": (
        f"'forum', 'k' || n, 'TAKEDOWN', '', false, {_AGE}, {_AGE}, {_AGE}, ''"
    ),
    "identity.held_sessions (platform, account, time, id, kind)": f"'forum', 'c' || n, {_AGE}, n, 'LOG_IN'",
    "identity.webhook_deliveries (platform, webhook, event, position, number, kind, account, event_time, details, state,"
    " attempts, last_status, create_time)": (
        f"'forum', 'w', 'e' || n, n, 0, 'PHONE_VERIFIED', 'c' || n, {_AGE}, '{{}}', 'DELIVERED', 1, 200, {_AGE}"
    ),
    "identity.guardians (platform, child, link, account, relation, start_time)": (
        f"'forum', 'c' || n, 'l' || n, 'c' || n + 1, 'MOTHER', {_AGE}"
    ),
    "identity.supervisions (platform, child, version, suspended, actions, quiet_from, quiet_to, update_time)": (
        f"'forum', 'c' || n, 1, false, '{{}}', 0, 0, {_AGE}"
    ),
    "identity.personal_id_checks (platform, account, check_id, evidence_id, provider, transaction_id, compared, create_time,"
    " next_time)": f"'forum', 'c' || n, 'k' || n, n, 'eid', 't' || n, false, {_AGE}, {_AGE}",
    "identity.sign_ins (state_index, platform, account, provider, flow, expire_time)": (
        f"{_HASH}, 'forum', 'c' || n, 'eid', '', {_AGE}"
    ),
    "identity.import_batches (platform, batch_id, fingerprint, verdicts, create_time)": f"'forum', 'b' || n, '', '', {_AGE}",
    "identity.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)": (
        f"'identity:account:registered', {_AGE}, 'forum', 'c' || n, '', '', '', '{{}}'"
    ),
    "identity.outbox (platform, subject, kind, time, detail, position)": (
        f"'forum', 'c' || n, 'PHONE_VERIFIED', {_AGE}, '{{}}', n"
    ),
    "identity.jobs (kind, key, payload, state, due_time, failures, attempts)": (
        "'LATER', n, '{}', 'WAITING', now() + n * interval '1 h', 0, 0"
    ),
    "identity.job_attempts (job_id, number, kind, start_time)": f"n, 1, 'LATER', {_AGE}",
    "identity_keys.account_keys (platform, account, wrapped, create_time)": f"'forum', 'c' || n, '', {_AGE}",
}

FILL = (
    *(f"INSERT INTO {table} SELECT {row} FROM generate_series(1, {MANY}) AS n" for table, row in _ROWS.items()),
    f"UPDATE identity.outbox_head SET position = {MANY}",
    "ANALYZE",
)
