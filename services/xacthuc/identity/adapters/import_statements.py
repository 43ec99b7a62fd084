"""The statements of a merge. Sets all of them: a batch of a thousand rows takes as many trips as one of ten."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BOOLEAN, TIMESTAMP
from sqlalchemy.types import LargeBinary, Text

_BLOBS: Final = ARRAY(LargeBinary)
_INSTANTS: Final = ARRAY(TIMESTAMP(timezone=True))

_SLOT: Final = "SELECT pg_advisory_xact_lock(hashtextextended('identity.import', :slot))"

WAIT: Final = text(_SLOT)

WAIT_AND_LOCK: Final = text(
    f"""
    WITH slot AS MATERIALIZED ({_SLOT})
    SELECT count(pg_advisory_xact_lock(id)) FROM slot CROSS JOIN unnest(:ids) AS numbers (id)
    """  # noqa: S608 - constants
).bindparams(bindparam("ids", type_=ARRAY(BIGINT)))
"""The slot, and then the numbers in the order of the list: none is locked before there is a row of `slot` to go with it.
Counted, so that nothing is sent back for each."""

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
).bindparams(bindparam("indexes", type_=_BLOBS))
"""Asked number by number (OFFSET 0 keeps it so): joined as sets, tables that no statistics describe yet are read whole."""

INSERT_IF_NEW: Final = text(
    """
    INSERT INTO identity.accounts (
        platform, account, kind, person, person_index, complete, life,
        purge_time, transition_until, transition_basis, create_time, update_time
    )
    SELECT :platform, account, 'PERSON', person, person_index, complete, 'OPEN',
           purge_time, transition_until, transition_basis, :now, :now
    FROM unnest(
        :accounts, :people, :person_indexes, :complete, :purge_times, :transitions_until, :bases
    ) AS given (account, person, person_index, complete, purge_time, transition_until, transition_basis)
    ORDER BY account
    ON CONFLICT DO NOTHING
    RETURNING account
    """
).bindparams(
    bindparam("accounts", type_=ARRAY(Text)),
    bindparam("people", type_=_BLOBS),
    bindparam("person_indexes", type_=_BLOBS),
    bindparam("complete", type_=ARRAY(BOOLEAN)),
    bindparam("purge_times", type_=_INSTANTS),
    bindparam("transitions_until", type_=_INSTANTS),
    bindparam("bases", type_=ARRAY(Text)),
)
"""For accounts that may be there. In the order of accounts, so that two imports wait for each other only one way."""

EXTEND: Final = text(
    """
    UPDATE identity.accounts AS a
    SET transition_until = given.until, transition_basis = given.basis, update_time = :now
    FROM unnest(:accounts, :transitions_until, :bases) AS given (account, until, basis)
    WHERE a.platform = :platform AND a.account = given.account AND a.life = 'OPEN'
      AND given.until > coalesce(a.transition_until, '-infinity') AND a.transition_approval IS NULL
    RETURNING a.account
    """
).bindparams(
    bindparam("accounts", type_=ARRAY(Text)),
    bindparam("transitions_until", type_=_INSTANTS),
    bindparam("bases", type_=ARRAY(Text)),
)
"""What two people ended is not given back by sending an export again."""
