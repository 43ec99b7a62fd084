"""The HTTP mapping, which makes the public services JSON at the edge (google.api.http, AIP-127)."""

import re

import pytest
from contracts import HTTP, is_public, is_read, services

VARIABLE = re.compile(r"\{(\w+)=([^}]+)\}")


def rules(*, public):
    return {
        method: method.GetOptions().Extensions[HTTP]
        for service in services()
        if is_public(service) == public
        for method in service.methods
    }


def path(rule):
    return rule.get or rule.post or rule.put or rule.patch or rule.delete


LISTED = {"List": {"parent", "page_size", "page_token"}}


def test_every_public_method_has_a_path():
    unreachable = [method.full_name for method, rule in rules(public=True).items() if not path(rule)]

    assert unreachable == []


def test_no_internal_method_has_one():
    """An edge that maps what it finds must not be able to let anybody in."""
    exposed = [method.full_name for method, rule in rules(public=False).items() if path(rule)]

    assert exposed == []


def test_no_two_methods_share_a_path():
    found = [(rule.WhichOneof("pattern"), re.sub(r"\w+=", "", path(rule))) for rule in rules(public=True).values()]

    assert len(found) == len(set(found))


def test_paths_begin_with_the_version_of_the_contract():
    # RFC 8615: what lies below /.well-known/ has the place that others look for it in.
    strangers = [
        method.full_name
        for method, rule in rules(public=True).items()
        if path(rule)
        and not path(rule).startswith((f"/{method.containing_service.full_name.split('.')[-2]}/", "/.well-known/"))
    ]

    assert strangers == []


def test_a_write_is_a_post_with_a_body():
    """So that nothing a person typed stands in a URL, which proxies log."""
    wrong = [
        method.full_name
        for method, rule in rules(public=True).items()
        if not is_read(method) and not (rule.post and rule.body == "*")
    ]

    assert wrong == []


def test_a_get_carries_nothing_but_the_name_of_a_resource_or_the_page_of_a_list():
    """AIP-131 and AIP-132: what a person could read off an address must not be personal."""
    talkative = [
        method.full_name
        for method, rule in rules(public=True).items()
        if rule.get and not set(method.input_type.fields_by_name) <= LISTED.get(method.name[:4], {"name"})
    ]

    assert talkative == []


@pytest.mark.parametrize("collection", ["challenges", "accounts", "broadcasts"])
def test_the_name_in_a_path_is_the_name_of_the_resource(collection):
    named = [
        match.groups()
        for method, rule in rules(public=True).items()
        if f"/{collection}" in path(rule).replace("=", "/")
        for match in VARIABLE.finditer(path(rule))
    ]

    assert {("name", f"{collection}/*")} <= set(named) <= {(of, f"{collection}/*") for of in ("name", "parent")}
