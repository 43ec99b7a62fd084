"""The staff: operators and sessions in PostgreSQL, their identity provider, the secret for emergencies."""
