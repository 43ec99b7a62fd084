"""What guardians are shown of a child and what was consented to, in PostgreSQL."""
