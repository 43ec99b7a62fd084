"""Personal IDs that belong to nobody, so that a platform can try out every ending. Only in development.

`000 C YY 00000 S`: place 000 is given to nobody (Circular 07/2016/TT-BCA, annexes), C and YY are what the birth date
demands, and S is the script.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

_RESERVED: Final = re.compile(r"000[0-9]{3}00000[0-9]", re.ASCII)


class Script(IntEnum):
    """How the question about a reserved number ends, by its last digit."""

    CONFIRMED = 0
    NOT_CONFIRMED = 1
    PENDING = 2
    """Undecided when first asked, confirmed afterwards."""
    DOWN = 3
    """The provider does not answer, however often it is asked."""
    HANGS = 4
    """It answers after longer than anybody waits, and does so each time."""
    ANOTHER = 5
    """It confirms the number for somebody of another name."""
    OUTAGE = 6
    """It does not answer when first asked, and confirms afterwards."""


def is_reserved(personal_id: str) -> bool:
    """Whether a number of twelve digits is one of these."""
    return _RESERVED.fullmatch(personal_id) is not None


def script_of(personal_id: str) -> Script:
    """Returns how the question about a reserved number ends; numbers without a script are confirmed."""
    last = int(personal_id[-1])
    return Script(last) if last in set(Script) else Script.CONFIRMED
