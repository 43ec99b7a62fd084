"""The backfill: brings every account that a platform has already to a lawful state by a deadline (Decree 147 Art. 82(10)).

A job and no service: it reads what the platform exports, asks the services by their contracts, and serves no contract of
its own.
"""
