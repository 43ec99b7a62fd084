"""PostgreSQL as every service uses it: the engine, short transactions, column types, the outbox and its relay.

Owns no table of a service: a service names its schema, and its tables are in its own adapters. Import from the modules.
"""
