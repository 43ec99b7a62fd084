"""The `xacthuc` command: what operators and developers do at a terminal, through the services' own contracts.

Touches no store and no table. Each command is a file of `commands/`; `session.py` reaches the services, `output.py`
prints, `failure.py` says what went wrong and what to do. Answers are the contract's own JSON, so that field names are
as stable as the contract. Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 not reachable now, 4 done
but for some rows.
"""
