"""What the service does by itself, as the trail says it."""

from __future__ import annotations

from xacthuc.order import Order


def own_order(platform: str, method: str) -> Order:
    """Returns an order of nobody's: no request, no caller and no trace."""
    return Order(platform=platform, method=method, request_id="", payload="", actor="peer:backfill", trace_id="")
