"""Runs over accounts that stand on a number: their rows, what follows from a finding, and the work itself."""
