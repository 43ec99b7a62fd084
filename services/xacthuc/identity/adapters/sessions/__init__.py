"""The session log in PostgreSQL, by months."""
