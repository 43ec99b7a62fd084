"""The runbook says of everything that is secret, and of everything that says whom to believe, how it is replaced."""

from __future__ import annotations

import importlib
import re

import yaml
from manifests import ROOT
from pydantic import SecretStr

from xacthuc.cli.commands.serve import MODULES
from xacthuc.settings import Settings
from xacthuc.up.keys import RINGS, SIGNING, SINGLE

NAMES_FILES = ("_file", "_directory", "_command", "_url", "_ca")
"""How a setting ends that names files or holds an address with a password."""
HOLDS_NOTHING_SECRET = {
    "XACTHUC_POLICY_FILE",
    "XACTHUC_NUMBERING_PLAN_FILE",
    "XACTHUC_TEXTS_DIRECTORY",
    "XACTHUC_INBOX_FILE",
    "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY",
    "XACTHUC_RUN_DIRECTORY",
}
"""Law, texts and what a process writes."""


def rotation() -> str:
    """The rows of the table of rotations."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (section,) = re.findall(r"^## Rotate keys\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    return "\n".join(line for line in section.splitlines() if line.startswith("|"))


def told() -> set[str]:
    """What its first column names."""
    return {name for row in rotation().splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def named_by_settings() -> set[str]:
    """The settings that hold a secret, or name files that do."""
    found = [vars(importlib.import_module(f"{module}.settings")).values() for module in MODULES.values()]
    owners = [one for values in found for one in values if isinstance(one, type) and issubclass(one, Settings)]
    return {
        f"XACTHUC_{name.upper()}"
        for owner in owners
        for name, field in owner.model_fields.items()
        if field.annotation is SecretStr or name.endswith(NAMES_FILES)
    }


def named_by_manifests() -> set[str]:
    """The secrets that a manifest mounts, hands over or has made."""
    found: set[str] = set()

    def look(value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "secretName" and isinstance(inner, str):
                    found.add(inner)
                elif key in {"secret", "secretRef", "secretKeyRef", "passwordSecret"} and "name" in inner:
                    found.add(inner["name"])
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for file in (ROOT / "deploy" / "k8s").rglob("*.yaml"):
        for manifest in yaml.safe_load_all(file.read_text("utf-8")):
            look(manifest)
    return found


def test_every_setting_that_is_secret_or_says_whom_to_believe_has_a_row():
    assert named_by_settings() - HOLDS_NOTHING_SECRET - told() == set()


def test_nothing_is_left_out_that_is_no_setting():
    assert HOLDS_NOTHING_SECRET - named_by_settings() == set()


def test_every_key_file_has_a_row():
    assert {*RINGS, *SINGLE, *SIGNING, "staff-break-glass.key"} - told() == set()


def test_every_secret_of_a_manifest_has_a_row():
    found = named_by_manifests()

    assert {"xacthuc-keys", "db-identity", "identity"} <= found
    assert found - told() == set()


def test_a_row_names_no_setting_that_is_gone():
    assert {name for name in told() if name.startswith("XACTHUC_")} - named_by_settings() == set()
