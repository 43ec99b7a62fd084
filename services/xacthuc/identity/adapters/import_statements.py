"""The statements of a merge. Sets all of them: a batch of a thousand rows takes as many trips as one of ten.

`place` is a row's number in its batch. Whatever is inserted or locked is taken in the order of accounts, so that two
imports wait for each other only one way.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, INTEGER
from sqlalchemy.types import LargeBinary

STAGING: Final = "import_rows"
COLUMNS: Final = (
    "place",
    "account",
    "person",
    "person_index",
    "complete",
    "purge_time",
    "transition_until",
    "transition_basis",
    "text_version",
    "accept_time",
    "number",
    "number_index",
    "verify_time",
    "source",
)

STAGE: Final = text(
    f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {STAGING} (
        place integer NOT NULL,
        account text NOT NULL,
        person bytea NOT NULL,
        person_index bytea,
        complete boolean NOT NULL,
        purge_time timestamptz,
        transition_until timestamptz,
        transition_basis text,
        text_version text,
        accept_time timestamptz,
        number bytea,
        number_index bytea,
        verify_time timestamptz,
        source text
    ) ON COMMIT DELETE ROWS
    """
)

WAIT: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('identity.import', :slot))")

LOCK_NUMBERS: Final = text("SELECT pg_advisory_xact_lock(id) FROM unnest(:ids) AS numbers (id)").bindparams(
    bindparam("ids", type_=ARRAY(BIGINT))
)
"""In the order of the list."""

HOLDERS: Final = text(
    """
    SELECT held.number_index, held.account, held.verify_time, person.person_index
    FROM unnest(:indexes) AS numbers (number_index)
    CROSS JOIN LATERAL (
        SELECT number_index, account, verify_time FROM identity.number_claims
        WHERE platform = :platform AND number_index = numbers.number_index OFFSET 0
    ) AS held
    CROSS JOIN LATERAL (
        SELECT person_index FROM identity.accounts WHERE platform = :platform AND account = held.account OFFSET 0
    ) AS person
    """
).bindparams(bindparam("indexes", type_=ARRAY(LargeBinary)))
"""Asked number by number (OFFSET 0 keeps it so): joined as sets, tables that no statistics describe yet are read whole."""

INSERT_ACCOUNTS: Final = text(
    f"""
    WITH made AS (
        INSERT INTO identity.accounts (
            platform, account, kind, person, person_index, complete, life,
            purge_time, transition_until, transition_basis, create_time, update_time
        )
        SELECT :platform, account, 'PERSON', person, person_index, complete, 'OPEN',
               purge_time, transition_until, transition_basis, :now, :now
        FROM {STAGING} ORDER BY account
        ON CONFLICT DO NOTHING
        RETURNING account
    )
    SELECT place FROM {STAGING} WHERE account NOT IN (SELECT account FROM made)
    """  # noqa: S608 - constants
)
"""Returns the rows whose account existed."""

INSERT_CONSENTS: Final = text(
    f"""
    INSERT INTO identity.consents (platform, account, kind, text_version, accept_time, record_time)
    SELECT :platform, account, 'REGISTRATION', text_version, accept_time, :now
    FROM {STAGING} WHERE text_version IS NOT NULL AND place <> ALL(:existing)
    """  # noqa: S608 - constants
).bindparams(bindparam("existing", type_=ARRAY(INTEGER)))

INSERT_EVIDENCE: Final = text(
    f"""
    WITH proven AS (
        INSERT INTO identity.evidence (platform, account, kind, source, verify_time, number, number_index)
        SELECT :platform, account, 'PHONE', source, verify_time, number, number_index
        FROM {STAGING} WHERE number IS NOT NULL AND place <> ALL(:without)
    )
    INSERT INTO identity.number_claims (platform, number_index, account, verify_time)
    SELECT :platform, number_index, account, verify_time
    FROM {STAGING} WHERE number IS NOT NULL AND place <> ALL(:without)
    """  # noqa: S608 - constants
).bindparams(bindparam("without", type_=ARRAY(INTEGER)))

EXTEND: Final = text(
    f"""
    UPDATE identity.accounts AS a
    SET transition_until = r.transition_until, transition_basis = r.transition_basis, update_time = :now
    FROM {STAGING} AS r
    WHERE a.platform = :platform AND a.account = r.account AND r.place = ANY(:existing) AND a.life = 'OPEN'
      AND r.transition_until > coalesce(a.transition_until, '-infinity')
    RETURNING a.account
    """  # noqa: S608 - constants
).bindparams(bindparam("existing", type_=ARRAY(INTEGER)))

FORGET: Final = text(
    """
    WITH old AS (
        SELECT platform, batch_id FROM identity.import_batches WHERE create_time < :before
        LIMIT :most FOR UPDATE SKIP LOCKED
    )
    DELETE FROM identity.import_batches AS b USING old WHERE b.platform = old.platform AND b.batch_id = old.batch_id
    """
)
