"""The page on texts shows a file that works, and names what it says is counted, logged and set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.settings import OtpSettings
from xacthuc.otp.texts import Autofill, loading
from xacthuc.otp.texts.autofill import android_line, web_line
from xacthuc.policy import Policy
from xacthuc.telemetry.metrics import Metrics

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "texts.md").read_text("utf-8")


def test_the_file_on_the_page_is_accepted(tmp_path):
    [file] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "forum.toml").write_text(file, "utf-8")

    own = loading.load(tmp_path, Policy.load()).platforms["forum"]

    assert own.text_id("ACCOUNT_VERIFICATION", "vi", "viettel") == "VT-77"
    assert own.text_id("ACCOUNT_VERIFICATION", "vi", "mobifone", Autofill.WEB) == "TPL-2"


@pytest.mark.parametrize("line", [web_line("forum.example.vn", "123456"), android_line("FA+9qCX9VSu")])
def test_the_lines_on_the_page_are_those_that_are_added(line):
    assert f"| `{line.strip()}` |" in PAGE


def test_the_metrics_on_the_page_exist():
    registry = CollectorRegistry()
    Metrics(registry)
    known = generate_latest(registry).decode()

    assert [name for name in re.findall(r"xacthuc_[a-z_]+", PAGE) if name not in known] == []


def test_the_settings_on_the_page_exist():
    fields = {f"XACTHUC_{name.upper()}" for kind in (OtpSettings, DeliverySettings) for name in kind.model_fields}

    assert set(re.findall(r"XACTHUC_[A-Z_]+", PAGE)) <= fields
