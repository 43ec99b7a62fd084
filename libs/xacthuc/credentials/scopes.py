"""What a platform key may open: the closed list that `PlatformKey.Scope` of the contract spells in the same words."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One thing a key opens. If you add one, add it to the contract's enum and to the servers' method tables."""

    OTP = "OTP"
    """OtpService."""
    IDENTITY = "IDENTITY"
    """IdentityService, reading and writing."""
    IDENTITY_READ = "IDENTITY_READ"
    """IdentityService, its reading methods alone."""
    GUARDIAN = "GUARDIAN"
    """GuardianService, reading and writing."""
    GUARDIAN_READ = "GUARDIAN_READ"
    """GuardianService, its reading methods alone."""
    LIVESTREAM = "LIVESTREAM"
    """LivestreamService, reading and writing."""
    LIVESTREAM_READ = "LIVESTREAM_READ"
    """LivestreamService, its reading methods alone."""
