"""One-time codes: possession of a Vietnamese mobile number, from the wish to prove it to the proof.

Owns challenges, their limits and their delivery. Keeps them in Valkey alone; knows accounts only as names.
"""
