"""Where the edge sends watchers of revocations."""

from __future__ import annotations

import pytest
import yaml

from xacthuc.edge.config import write
from xacthuc.edge.settings import EdgeSettings
from xacthuc.settings import Environment


@pytest.mark.parametrize(
    ("named", "host", "port"),
    [("", "live.example", 7441), ("watch.example:7444", "watch.example", 7444)],
    ids=["nowhere", "apart"],
)
def test_watchers_of_revocations_go_where_they_are_served(tmp_path, named, host, port):
    settings = EdgeSettings(
        environment=Environment.DEVELOPMENT,
        livestream_public_address="live.example:7441",
        livestream_watch_public_address=named,
    )
    resources = yaml.safe_load(write(settings, tmp_path).read_text("utf-8"))["static_resources"]

    clusters = {cluster["name"]: cluster["load_assignment"] for cluster in resources["clusters"]}
    (endpoint,) = clusters["livestream-watch"]["endpoints"][0]["lb_endpoints"]
    assert endpoint["endpoint"]["address"]["socket_address"] == {"address": host, "port_value": port}
    (manager,) = [chain["filters"][0] for chain in resources["listeners"][0]["filter_chains"]]
    (routes,) = [one["routes"] for one in manager["typed_config"]["route_config"]["virtual_hosts"]]
    led = [route["route"]["cluster"] for route in routes if "livestream" in str(route["match"])]
    assert led == ["livestream-watch", "livestream"]
