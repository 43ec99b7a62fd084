"""Every administrative method of identity says which operators may call it; without that the service would not start."""

from contracts import methods

from xacthuc.identity.main import ROLES


def test_every_method_for_operators_has_its_roles_and_no_other_has():
    of_operators = {
        (method.containing_service.name, method.name)
        for method in methods()
        if method.containing_service.full_name.startswith("xacthuc.api.identity.")
        and method.containing_service.name.endswith("Admin")
    }

    assert {(service, method) for service, table in ROLES.items() for method in table} == of_operators
