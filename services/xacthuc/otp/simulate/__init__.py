"""The fraud guard on recorded traffic: what other rules would have refused, saved, and done to people.

Owns the traffic file, the replay through the guard's own judgement, made-up traffic for tests and pages, and the plot.
Runs where an operator runs it, never in the service.
"""
