"""What the adapters of others' HTTP APIs have in common: one bounded exchange, a circuit, TLS, keys of their files."""
