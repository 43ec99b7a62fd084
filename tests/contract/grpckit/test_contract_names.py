"""Words that the code and the contract spell alike."""

from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.credentials.records import KeyState
from xacthuc.credentials.scopes import Scope


def test_scopes_of_keys_are_those_of_the_contract():
    assert {scope.value for scope in Scope} == set(admin_pb2.PlatformKey.Scope.keys()) - {"SCOPE_UNSPECIFIED"}


def test_states_of_keys_are_those_of_the_contract():
    assert {state.value for state in KeyState} == set(admin_pb2.PlatformKey.State.keys()) - {"STATE_UNSPECIFIED"}
