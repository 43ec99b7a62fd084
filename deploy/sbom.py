"""Writes what an image is made of as CycloneDX 1.6: its Debian packages and its Python distributions.

Runs inside the image, by the standard library alone. Says the same of the same image: no time, no random number.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from importlib.metadata import distributions
from pathlib import Path

_FORM = "${binary:Package}\t${Version}\t${Architecture}\n"


def debian() -> list[dict[str, str]]:
    """Returns the packages that dpkg knows."""
    command = ["/usr/bin/dpkg-query", "--show", f"--showformat={_FORM}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a constant
    packages = (line.split("\t") for line in told.stdout.splitlines())
    return [
        _component(
            name.partition(":")[0], version, f"pkg:deb/debian/{name.partition(':')[0]}@{version}?arch={architecture}"
        )
        for name, version, architecture in packages
    ]


def python() -> list[dict[str, str]]:
    """Returns the distributions that this interpreter finds."""
    found = sorted({(each.metadata["Name"].lower(), each.version) for each in distributions()})
    return [_component(name, version, f"pkg:pypi/{name.replace('_', '-')}@{version}") for name, version in found]


def _component(name: str, version: str, purl: str) -> dict[str, str]:
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def main() -> None:
    """Prints the list."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text("utf-8").splitlines() if "=" in line
    )
    components = debian() + python()
    purls = "\n".join(component["purl"] for component in components)
    json.dump(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, purls)}",
            "version": 1,
            "metadata": {
                "component": {"type": "container", "name": "xacthuc", "bom-ref": "xacthuc"},
                "properties": [{"name": "os", "value": release["PRETTY_NAME"].strip('"')}],
            },
            "components": components,
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
