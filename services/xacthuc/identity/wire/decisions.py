"""Actions, and what is decided about them."""

from __future__ import annotations

from typing import Final

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.policy import Action

ACTIONS: Final = {resources_pb2.Action.Value(action.value): action for action in Action}
"""The contract's numbers; a test proves that both sides name the same."""
