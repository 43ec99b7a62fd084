"""Streams of what an outbox tells: one reader of it a process, and as many watchers as there are."""
