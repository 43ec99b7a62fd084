"""The text of a platform key."""

import hashlib

import pytest

from xacthuc.credentials.key import PlatformKey, is_key
from xacthuc.settings import Environment


@pytest.mark.parametrize(
    ("environment", "prefix"), [(Environment.PRODUCTION, "xt_live_"), (Environment.DEVELOPMENT, "xt_dev_")]
)
def test_a_new_key_tells_its_environment_and_parses(environment, prefix):
    key = PlatformKey.generate(environment)

    assert key.text.startswith(prefix)
    assert PlatformKey.parse(key.text) == key


def test_no_two_keys_are_alike():
    assert len({PlatformKey.generate(Environment.PRODUCTION).text for _ in range(100)}) == 100


def test_what_is_stored_is_the_hash_of_the_whole_text():
    key = PlatformKey.generate(Environment.PRODUCTION)

    assert key.sha256 == hashlib.sha256(key.text.encode()).digest()


@pytest.mark.parametrize("show", [str, repr, lambda key: f"{key}"])
def test_a_key_is_never_shown(show):
    key = PlatformKey.generate(Environment.DEVELOPMENT)

    assert key.text[-20:] not in show(key)


@pytest.mark.parametrize("text", ["", "xt_live_", "xt_test_" + "a" * 43, "xt_live_" + "a" * 42, "xt_live_" + "é" * 43])
def test_what_does_not_look_like_a_key_is_refused_without_being_quoted(text):
    assert not is_key(text)
    with pytest.raises(ValueError, match="a platform key looks like xt_live_") as caught:
        PlatformKey.parse(text)
    assert not text or text not in str(caught.value).replace("xt_live_", "", 1) or text == "xt_live_"
