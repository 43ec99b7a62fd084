"""Logs, metrics and traces: how a process tells operators what it does, without telling anybody's secrets.

`start.Telemetry` is built once in `main.py` and handed down. Use `logs.get_logger()` for events, `tracing.span()` for
a step worth seeing, `metrics.Metrics` for counts. Account ids are personal data: no telemetry carries one.
"""
