"""The stream of what happens to accounts: one reader of the outbox a process, and as many watchers as there are."""
