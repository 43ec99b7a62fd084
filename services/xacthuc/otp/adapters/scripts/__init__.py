"""The service's Lua scripts, read together with the functions they stand on."""

from __future__ import annotations

from pathlib import Path

from xacthuc.ratelimit.limiter import LIMIT_FUNCTIONS
from xacthuc.valkey import PRELUDE, Script

_HERE = Path(__file__).parent


def script(name: str) -> Script:
    """Reads one script together with what all of them share."""
    return Script.from_file(_HERE / f"{name}.lua", *LIMIT_FUNCTIONS, _HERE / "prelude.lua")


def purse_script(name: str) -> Script:
    """Reads one of the scripts over a platform's money."""
    return Script.from_file(_HERE / f"purse_{name}.lua", PRELUDE, _HERE / "purse.lua")


def guard_script(name: str) -> Script:
    """Reads one of the scripts of the fraud guard: it needs nothing of a number's, and runs beside every start."""
    return Script.from_file(_HERE / f"guard_{name}.lua", PRELUDE, _HERE / "guard.lua")
