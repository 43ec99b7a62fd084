"""What is read of an account, and nothing more (R10)."""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """What a column of an export can say. The names are those of a file of columns. Closed."""

    ACCOUNT_ID = "account_id"
    """The platform's own id, as RegisterAccount takes it."""
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    PHONE_NUMBER = "phone_number"
    VERIFY_TIME = "verify_time"
    """When the platform had the number proven by a code of its own."""
    VERIFY_SOURCE = "verify_source"
    """What it can show for that, such as `sms_code`."""
    SELLS = "sells"
    """Whether the account streams for a commercial purpose."""
    NO_MOBILE = "no_mobile"
    """Whether the holder confirmed to have no Vietnamese mobile number (R2)."""
    PERSONAL_ID = "personal_id"
    """The holder's personal ID number. Looked at where the account needs one confirmed, and nowhere else."""
    CONSENT_VERSION = "consent_version"
    """Which text the holder agreed to."""
    CONSENT_TIME = "consent_time"
    """When they did."""
