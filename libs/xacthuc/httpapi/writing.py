"""The files that lie beside the descriptors: `openapi.json`, `reference.html` to read it by, `fields.lua` for the edge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from xacthuc.httpapi import contract, fields
from xacthuc.httpapi.document import document
from xacthuc.httpapi.page import page

if TYPE_CHECKING:
    from pathlib import Path


def write(directory: Path) -> list[Path]:
    """Writes them into the directory that holds `descriptors.binpb`; returns their paths."""
    public = contract.read((directory / "descriptors.binpb").read_bytes())
    described = document(public)
    contents = {
        "fields.lua": fields.lua(public),
        "openapi.json": json.dumps(described, ensure_ascii=False, separators=(",", ":")),
        "reference.html": page(described),
    }
    for name, content in contents.items():
        (directory / name).write_text(content, "utf-8")
    return [directory / name for name in contents]
