"""The audit trail: typed entries, written in the transaction of the change they tell of.

Owns the closed list of what is audited and the table. Holds ids, never what is personal. Import from the modules.
"""
