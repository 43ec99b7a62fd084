"""The figures of Envoy that alerts and dashboards ask for, each with its labels; tests/service/edge compares them with a running one."""

from __future__ import annotations

_HTTP = {"envoy_http_conn_manager_prefix"}
_CLUSTER = {"envoy_cluster_name"}

EDGE_FIGURES: dict[str, set[str]] = {
    "envoy_http_downstream_rq_xx": {*_HTTP, "envoy_response_code_class"},
    "envoy_http_downstream_rq_time_bucket": {*_HTTP, "le"},
    "envoy_http_downstream_cx_active": _HTTP,
    "envoy_http_local_rate_limit_enabled": {"envoy_local_http_ratelimit_prefix"},
    "envoy_http_local_rate_limit_rate_limited": {"envoy_local_http_ratelimit_prefix"},
    "envoy_listener_downstream_global_cx_overflow": {"envoy_listener_address"},
    "envoy_cluster_membership_healthy": _CLUSTER,
    "envoy_cluster_upstream_cx_connect_fail": _CLUSTER,
    "envoy_cluster_upstream_rq_time_bucket": {*_CLUSTER, "le"},
    "envoy_cluster_upstream_rq_timeout": _CLUSTER,
    "envoy_server_memory_physical_size": set(),
}
