"""The commands, a file each. None has `from __future__ import annotations`: typer reads annotations at run time."""
