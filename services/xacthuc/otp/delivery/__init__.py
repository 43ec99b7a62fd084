"""The delivery worker: takes messages from the store's streams and hands them to providers, until somebody has them.

Owns leases of partitions, the choice of a provider, receipts, and the fold of outcomes into limits. Whether a message
may be sent at all was decided, and spent, by the service that queued it.
"""
