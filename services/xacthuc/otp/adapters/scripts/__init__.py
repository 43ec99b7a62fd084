"""The service's Lua scripts, read together with the functions they stand on."""

from __future__ import annotations

from pathlib import Path

from xacthuc.ratelimit.limiter import LIMIT_FUNCTIONS
from xacthuc.valkey import Script

_HERE = Path(__file__).parent


def script(name: str) -> Script:
    """Reads one script together with what all of them share."""
    return Script.from_file(_HERE / f"{name}.lua", *LIMIT_FUNCTIONS, _HERE / "prelude.lua")
