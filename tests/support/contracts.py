"""Walks over the published descriptor set: every element of the contracts, and what its comments say."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

# Imported for their extensions: an annotation is readable only where its definition is known.
from buf.validate import validate_pb2  # noqa: F401
from google.api import annotations_pb2, field_behavior_pb2
from google.protobuf import descriptor_pb2, message_factory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto
    from google.protobuf.message import Message

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTORS = ROOT / "libs" / "xacthuc" / "api" / "descriptors.binpb"
PROTOS = ROOT / "protos"
OWN_PACKAGES = "xacthuc.api."

FIELD_BEHAVIOR = field_behavior_pb2.field_behavior
HTTP = annotations_pb2.http

_NO_SIDE_EFFECTS = descriptor_pb2.MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS

# Numbers of fields in descriptor.proto, of which the paths of comments are made.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_MESSAGE, _MESSAGE_ENUM = 2, 3, 4
_ENUM_VALUE, _SERVICE_METHOD = 2, 2


class Element(NamedTuple):
    """One commented thing of a contract."""

    kind: str
    name: str
    comment: str
    proto: object


@cache
def files() -> tuple[descriptor_pb2.FileDescriptorProto, ...]:
    """Returns our own files of the published descriptor set."""
    everything = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())
    return tuple(file for file in everything.file if file.package.startswith(OWN_PACKAGES))


@cache
def elements() -> tuple[Element, ...]:
    """Returns every service, method, message, field, enum and value."""
    return tuple(element for file in files() for element in _File(file).elements())


def of_kind(kind: str) -> list[Element]:
    """Returns the elements of one kind: `service`, `method`, `message`, `field`, `enum` or `value`."""
    return [element for element in elements() if element.kind == kind]


def services() -> list[ServiceDescriptor]:
    """Returns the services as the generated code knows them."""
    modules = (importlib.import_module(f"{file.name.removesuffix('.proto').replace('/', '.')}_pb2") for file in files())
    return [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]


def is_public(service: ServiceDescriptor) -> bool:
    """Whether platforms call it: the suffix of the name tells (`OtpService`; not `OtpInternal`, `OtpAdmin`)."""
    return service.name.endswith("Service")


def methods() -> list[MethodDescriptor]:
    """Returns the methods of all services."""
    return [method for service in services() for method in service.methods]


def is_read(method: MethodDescriptor) -> bool:
    """Whether calling it changes nothing: it says so, or it is a stream that is only watched."""
    return method.GetOptions().idempotency_level == _NO_SIDE_EFFECTS or method.server_streaming


def requests() -> list[Message]:
    """Returns an empty request of every method, each type once."""
    types = {method.input_type.full_name: method.input_type for method in methods()}
    return [message_factory.GetMessageClass(types[name])() for name in sorted(types)]


def fields_within(message: Message) -> Iterator[tuple[str, FieldDescriptor, Message]]:
    """Yields every field of our own messages below `message`: its path, itself, and a `message` to set it in."""
    yield from _fields(message, "")


def words(name: str) -> set[str]:
    """Returns the words of a name in any spelling: `BirthDate`, `birth_date` and `BIRTH_DATE` have the same."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)}


def is_timestamp(field: FieldDescriptorProto) -> bool:
    """Whether a field is an instant."""
    return field.type_name == ".google.protobuf.Timestamp"


def _fields(message: Message, path: str) -> Iterator[tuple[str, FieldDescriptor, Message]]:
    for field in message.DESCRIPTOR.fields:
        here = f"{path}{field.name}"
        yield here, field, message
        nested = field.message_type
        if nested is not None and nested.full_name.startswith(OWN_PACKAGES) and not field.is_repeated:
            yield from _fields(getattr(message, field.name), f"{here}.")


class _File:
    """One file of the descriptor set with its comments, which are found by the path of numbers to an element."""

    def __init__(self, file: descriptor_pb2.FileDescriptorProto) -> None:
        self._file = file
        self._comments = {tuple(place.path): place.leading_comments.strip() for place in file.source_code_info.location}

    def elements(self) -> Iterator[Element]:
        for index, message in enumerate(self._file.message_type):
            yield from self._message(message, "", (_FILE_MESSAGE, index))
        for index, enum in enumerate(self._file.enum_type):
            yield from self._enum(enum, "", (_FILE_ENUM, index))
        for index, service in enumerate(self._file.service):
            yield self._element("service", service.name, (_FILE_SERVICE, index), service)
            for place, method in enumerate(service.method):
                path = (_FILE_SERVICE, index, _SERVICE_METHOD, place)
                yield self._element("method", f"{service.name}.{method.name}", path, method)

    def _message(self, message: descriptor_pb2.DescriptorProto, scope: str, path: tuple[int, ...]) -> Iterator[Element]:
        yield self._element("message", f"{scope}{message.name}", path, message)
        inside = f"{scope}{message.name}."
        for index, field in enumerate(message.field):
            yield self._element("field", f"{inside}{field.name}", (*path, _MESSAGE_FIELD, index), field)
        for index, nested in enumerate(message.nested_type):
            if nested.options.map_entry:  # what the compiler makes of a map; nobody can comment it
                continue
            yield from self._message(nested, inside, (*path, _MESSAGE_MESSAGE, index))
        for index, enum in enumerate(message.enum_type):
            yield from self._enum(enum, inside, (*path, _MESSAGE_ENUM, index))

    def _enum(self, enum: descriptor_pb2.EnumDescriptorProto, scope: str, path: tuple[int, ...]) -> Iterator[Element]:
        yield self._element("enum", f"{scope}{enum.name}", path, enum)
        for index, value in enumerate(enum.value):
            yield self._element("value", f"{scope}{enum.name}.{value.name}", (*path, _ENUM_VALUE, index), value)

    def _element(self, kind: str, name: str, path: tuple[int, ...], proto: object) -> Element:
        return Element(kind, f"{self._file.package}.{name}", self._comments.get(path, ""), proto)
