"""What a service must not import before it is ready: each would be a good part of its start, and of its memory.

Where a library brings one along, `xacthuc.lean` keeps it away; where background work needs one, that work imports it.
"""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "alembic",
    "anyio",
    "httpx",
    "jinja2",
    "joserfc",
    "matplotlib",
    "numpy",
    "opentelemetry.exporter",
    "opentelemetry.sdk.metrics",
    "phonenumbers",
    "pyarrow",
    "pygments",
    "redis.asyncio.client",
    "redis.asyncio.cluster",
    "redis.client",
    "redis.commands",
    "rich",
    "sqlalchemy.orm",
    "twisted",
    "typer",
    "xacthuc.embedded",
}
DATABASE = {"asyncpg", "sqlalchemy"}
"""For services that have none."""


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("xacthuc.otp.main", HEAVY | DATABASE),
        ("xacthuc.otp.delivery.main", HEAVY | DATABASE),
        ("xacthuc.identity.main", HEAVY),
        ("xacthuc.guardian.main", HEAVY),
        ("xacthuc.livestream.main", HEAVY),
        ("xacthuc.livestream.watch.main", HEAVY | {"protovalidate", "sqlalchemy"}),
        ("xacthuc.backfill.main", HEAVY),
    ],
)
def test_a_service_starts_without_what_it_does_not_serve_with(module: str, absent: set[str]) -> None:
    report = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", report], capture_output=True, check=True, text=True)
    imported = set(json.loads(run.stdout))
    assert module in imported
    assert imported & absent == set()
