-- What the code that knew revision 0001 says to PostgreSQL, as SQLAlchemy spelled it. Never edited: processes of that
-- code go on saying it while a newer schema is already there. A list of one or of two accounts is spelled apart.

-- name: create_platform
INSERT INTO identity.platforms (platform, display_name, create_time)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO NOTHING

-- name: lock_platform
SELECT identity.platforms.display_name FROM identity.platforms
WHERE identity.platforms.platform = $1::VARCHAR FOR UPDATE

-- name: create_key
INSERT INTO identity.platform_keys (platform, key_id, sha256, scopes, state, create_time, expire_time, version)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::BYTEA, $4::TEXT[], $5::VARCHAR, $6::TIMESTAMP WITH TIME ZONE,
        $7::TIMESTAMP WITH TIME ZONE, $8::INTEGER)

-- name: save_key
UPDATE identity.platform_keys
SET state=$1::VARCHAR, expire_time=$2::TIMESTAMP WITH TIME ZONE, version=$3::INTEGER
WHERE identity.platform_keys.platform = $4::VARCHAR AND identity.platform_keys.key_id = $5::VARCHAR

-- name: read_keys
SELECT identity.platform_keys.platform, identity.platform_keys.key_id, identity.platform_keys.sha256,
       identity.platform_keys.scopes, identity.platform_keys.state, identity.platform_keys.create_time,
       identity.platform_keys.expire_time, identity.platform_keys.version, identity.platforms.display_name
FROM identity.platform_keys JOIN identity.platforms ON identity.platforms.platform = identity.platform_keys.platform

-- name: find_request
SELECT identity.requests.fingerprint, identity.requests.answer
FROM identity.requests
WHERE identity.requests.platform = $1::VARCHAR AND identity.requests.method = $2::VARCHAR
  AND identity.requests.request_id = $3::VARCHAR

-- name: lock_request
SELECT identity.requests.fingerprint, identity.requests.answer
FROM identity.requests
WHERE identity.requests.platform = $1::VARCHAR AND identity.requests.method = $2::VARCHAR
  AND identity.requests.request_id = $3::VARCHAR FOR UPDATE

-- name: record_request
INSERT INTO identity.requests (platform, method, request_id, fingerprint, answer, create_time)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::BYTEA, $5::BYTEA, $6::TIMESTAMP WITH TIME ZONE)
ON CONFLICT DO NOTHING

-- name: answer_request
UPDATE identity.requests SET answer=$1::BYTEA
WHERE identity.requests.platform = $2::VARCHAR AND identity.requests.method = $3::VARCHAR
  AND identity.requests.request_id = $4::VARCHAR

-- name: forget_requests
WITH swept AS
(SELECT identity.requests.platform AS platform, identity.requests.method AS method,
        identity.requests.request_id AS request_id
FROM identity.requests
WHERE identity.requests.create_time < $1::TIMESTAMP WITH TIME ZONE
 LIMIT $2::INTEGER FOR UPDATE SKIP LOCKED)
 DELETE FROM identity.requests USING swept
WHERE identity.requests.platform = swept.platform AND identity.requests.method = swept.method
  AND identity.requests.request_id = swept.request_id

-- name: insert_account
INSERT INTO identity.accounts (platform, account, person, create_time, update_time)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::BYTEA, $4::TIMESTAMP WITH TIME ZONE, $5::TIMESTAMP WITH TIME ZONE)
ON CONFLICT DO NOTHING

-- name: insert_consent
INSERT INTO identity.consents (platform, account, text_version, accept_time, record_time)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::TIMESTAMP WITH TIME ZONE, $5::TIMESTAMP WITH TIME ZONE)
RETURNING identity.consents.id

-- name: read_account
SELECT identity.accounts.person, identity.accounts.create_time, identity.accounts.update_time, identity.evidence.kind,
       identity.evidence.source, identity.evidence.verify_time, identity.evidence.number,
       identity.evidence.number_index, identity.evidence.lapse_time, identity.evidence.lapse_reason
FROM identity.accounts LEFT OUTER JOIN identity.evidence
  ON identity.evidence.platform = identity.accounts.platform AND identity.evidence.account = identity.accounts.account
WHERE identity.accounts.platform = $1::VARCHAR AND identity.accounts.account = $2::VARCHAR
ORDER BY identity.evidence.id

-- name: lock_number
SELECT pg_advisory_xact_lock($1::BIGINT) AS pg_advisory_xact_lock_1

-- name: read_claims
SELECT identity.number_claims.account, identity.number_claims.verify_time
FROM identity.number_claims
WHERE identity.number_claims.platform = $1::VARCHAR AND identity.number_claims.number_index = $2::BYTEA
ORDER BY identity.number_claims.verify_time, identity.number_claims.account

-- name: lock_two_accounts
SELECT identity.accounts.account
FROM identity.accounts
WHERE identity.accounts.platform = $1::VARCHAR AND identity.accounts.account IN ($2::VARCHAR, $3::VARCHAR)
ORDER BY identity.accounts.account FOR UPDATE

-- name: use_proof
INSERT INTO identity.proofs (proof_id, platform, account, redeem_time)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO NOTHING

-- name: lapse_evidence
UPDATE identity.evidence SET lapse_time=$1::TIMESTAMP WITH TIME ZONE, lapse_reason=$2::VARCHAR
WHERE identity.evidence.platform = $3::VARCHAR AND identity.evidence.account IN ($5::VARCHAR)
  AND identity.evidence.kind = $4::VARCHAR AND identity.evidence.lapse_time IS NULL

-- name: give_up_claims
DELETE FROM identity.number_claims
WHERE identity.number_claims.platform = $1::VARCHAR AND identity.number_claims.account IN ($2::VARCHAR)

-- name: insert_evidence
INSERT INTO identity.evidence (platform, account, kind, source, verify_time, number, number_index)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::VARCHAR, $5::TIMESTAMP WITH TIME ZONE, $6::BYTEA, $7::BYTEA)
RETURNING identity.evidence.id

-- name: claim_number
INSERT INTO identity.number_claims (platform, number_index, account, verify_time)
VALUES ($1::VARCHAR, $2::BYTEA, $3::VARCHAR, $4::TIMESTAMP WITH TIME ZONE)
ON CONFLICT (platform, number_index, account) DO UPDATE SET verify_time = excluded.verify_time

-- name: touch_account
UPDATE identity.accounts SET update_time=$1::TIMESTAMP WITH TIME ZONE
WHERE identity.accounts.platform = $2::VARCHAR AND identity.accounts.account IN ($3::VARCHAR)

-- name: write_audit
INSERT INTO identity.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)
VALUES ($1::VARCHAR, $2::TIMESTAMP WITH TIME ZONE, $3::VARCHAR, $4::VARCHAR, $5::VARCHAR, $6::VARCHAR, $7::VARCHAR,
        $8::JSONB)

-- name: append_event
INSERT INTO identity.outbox (platform, subject, kind, time, detail)
VALUES ($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::TIMESTAMP WITH TIME ZONE, $5::JSONB)

-- name: lock_relay
SELECT pg_try_advisory_xact_lock(hashtextextended($1::VARCHAR, 0))

-- name: place_events
WITH unplaced AS (
    SELECT id, time, row_number() OVER (ORDER BY id) AS rank FROM (
        SELECT id, time FROM identity.outbox WHERE position IS NULL ORDER BY id LIMIT 1000
    ) AS oldest
), placed AS (
    UPDATE identity.outbox AS o SET position = h.position + u.rank
    FROM unplaced AS u, identity.outbox_head AS h WHERE o.id = u.id
    RETURNING 1
), moved AS (
    UPDATE identity.outbox_head SET position = position + (SELECT count(*) FROM placed)
    WHERE EXISTS (SELECT 1 FROM unplaced)
)
SELECT (SELECT count(*) FROM placed) AS placed,
       (SELECT extract(epoch FROM clock_timestamp() - min(time)) FROM unplaced) AS oldest_seconds

-- name: read_events
SELECT identity.outbox.id, identity.outbox.platform, identity.outbox.subject, identity.outbox.kind,
       identity.outbox.time, identity.outbox.detail, identity.outbox.position
FROM identity.outbox
WHERE identity.outbox.position > $1::BIGINT ORDER BY identity.outbox.position
 LIMIT $2::INTEGER
