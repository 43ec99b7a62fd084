"""How the backfill reads and writes files: which column says what, what cells mean, and rows that came before."""
