"""What checkov finds unwise in the manifests is mended, or excused with a reason."""

from __future__ import annotations

import json
import subprocess

import pytest
from manifests import HAS_KUSTOMIZE, ROOT, TOOLS

CHECKOV = TOOLS / "checkov" / "bin" / "python"

pytestmark = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch")


@pytest.mark.timeout(300)
def test_checkov_finds_nothing_that_is_not_excused_with_a_reason(rendered):
    if not CHECKOV.exists():
        pytest.skip("no checkov here: run tests/tools/checkov.sh, as make test does")
    config, directory = ROOT / "deploy" / "k8s" / "checkov.yaml", rendered["production"].parent
    checked = subprocess.run(
        [CHECKOV, "-m", "checkov.main", "--config-file", config, "--directory", directory, "--output", "json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    summary = json.loads(checked.stdout)["summary"]
    assert (checked.returncode, summary["failed"], summary["parsing_errors"]) == (0, 0, 0), checked.stdout
    assert summary["passed"] > 1000
