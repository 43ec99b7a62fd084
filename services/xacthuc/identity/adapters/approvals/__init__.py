"""Approvals in PostgreSQL, and what carries out the acts that identity itself knows."""
