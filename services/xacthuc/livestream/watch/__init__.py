"""Watchers of revocations in a process of their own: thousands of media edges, and nothing else (decision 37)."""
