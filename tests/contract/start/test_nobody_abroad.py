"""Nothing is called that the operator did not name: everything can stand in Vietnam, without anybody abroad (R14)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import SecretStr

from xacthuc.policy import Policy
from xacthuc.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
HOST = re.compile(
    r"(?:(?:https?|grpcs?|rediss?|postgresql\+asyncpg|wss?)://(?:[^/@\s]*@)?|^)([\w.-]+\.[a-z]{2,}|[\d.]{7,})\b"
)
RESERVED = (".example", ".local")
"""Names that lead nowhere (RFC 2606, RFC 6762)."""
ZALO = {"oauth.zaloapp.com", "business.openapi.zalo.me"}
"""A Vietnamese service; it is called by who has a provider file that says so."""


def settings_classes() -> list[type[Settings]]:
    for path in (ROOT / "services" / "xacthuc").glob("**/settings.py"):
        import_module(".".join(("xacthuc", *path.relative_to(ROOT / "services" / "xacthuc").with_suffix("").parts)))
    return [Settings, *Settings.__subclasses__()]


def texts_of_code(tree: ast.AST) -> Iterator[str]:
    """Gives every text that is a value, so neither comments nor docstrings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def hosts(text: str) -> set[str]:
    return {host for host in HOST.findall(text) if not host.startswith("127.") and not host.endswith(RESERVED)}


@pytest.mark.parametrize("text", ["https://api.vendor.com/v1", "collector.vendor.io:4317", "redis://u:p@8.8.8.8:6379"])
def test_a_host_is_recognised(text):
    assert len(hosts(text)) == 1


@pytest.mark.rule("R14")
@pytest.mark.parametrize("settings", settings_classes(), ids=lambda settings: settings.__name__)
def test_no_setting_has_a_host_of_somebody_else_as_its_default(settings):
    defaults = {name: field.default for name, field in settings.model_fields.items()}
    spelled = {
        name: default.get_secret_value() if isinstance(default, SecretStr) else str(default)
        for name, default in defaults.items()
    }

    assert {name: found for name, text in spelled.items() if (found := hosts(text))} == {}


@pytest.mark.rule("R14")
def test_no_code_names_a_host_to_call_but_those_a_provider_file_asks_for():
    code = [path for half in ("libs", "services") for path in (ROOT / half / "xacthuc").rglob("*.py")]
    urls = {text for path in code for text in texts_of_code(ast.parse(path.read_text("utf-8"))) if "://" in text}

    assert set().union(*map(hosts, urls)) == ZALO


@pytest.mark.rule("R14")
def test_whoever_authenticates_persons_or_carries_messages_is_named_by_the_operator():
    """Where a provider is needed, the default is a directory of files that is empty at first, or nothing."""
    fields = {name: field for settings in settings_classes() for name, field in settings.model_fields.items()}
    of_providers = {
        name: str(field.default) for name, field in fields.items() if "provider" in name or "operator" in name
    }

    assert of_providers
    assert all(default.startswith("/etc/xacthuc/") or default in {"", "None"} for default in of_providers.values())


@pytest.mark.rule("R14")
def test_the_policy_holds_no_address_to_call():
    assert "://" not in (ROOT / "libs" / "xacthuc" / "policy" / "vietnam.toml").read_text("utf-8")
    assert Policy.load()
