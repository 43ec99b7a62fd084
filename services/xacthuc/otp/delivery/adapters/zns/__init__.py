"""Owns Zalo: messages by approved template (ZNS, since 2026 ZBS) to a number, their receipts, and the tokens for both.

Names of fields and codes are those of Zalo's documentation; docs/providers.md says which of them could be verified.
"""
