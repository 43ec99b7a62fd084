"""Statements that a service signs and others check without asking it: JSON Web Tokens of one algorithm, short-lived.

Owns the signature, the published keys and what every statement has to say. Knows nothing of accounts, of platforms or
of the law: `standing.py` holds the first statement made of it. Everything but `signer.py` also runs on the platform's
side, where `cryptography` is the only package beyond the client's own (the extra `xacthuc[tokens]`).
"""
