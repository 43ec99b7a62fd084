"""The public contracts as they lie in a descriptor set: methods with their HTTP paths, messages, enums, and their comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from buf.validate import validate_pb2
from google.api import annotations_pb2, field_behavior_pb2
from google.protobuf import descriptor_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC: Final = ("otp", "identity", "guardian", "livestream")
"""The packages whose `...Service` platforms call, in the order in which a reader needs them."""

OWN: Final = "xacthuc.api."
_HTTP: Final[Any] = annotations_pb2.http
_BEHAVIOR: Final[Any] = field_behavior_pb2.field_behavior
_VARIABLE: Final = re.compile(r"\{(\w+)=(\w+)/\*\}")

# Numbers of fields in descriptor.proto, of which the paths of comments are made.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_MESSAGE, _MESSAGE_ENUM = 2, 3, 4
_ENUM_VALUE, _SERVICE_METHOD = 2, 2


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    proto: descriptor_pb2.FieldDescriptorProto
    comment: str
    is_map: bool = False
    """Whether it is a map of texts, the only kind there is."""

    @property
    def name(self) -> str:
        """As JSON spells it."""
        return self.proto.json_name

    @property
    def type_name(self) -> str:
        """Full name of its message or enum; empty for a scalar."""
        return self.proto.type_name.removeprefix(".")

    @property
    def repeated(self) -> bool:
        """Whether it is a list."""
        return self.proto.label == descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED

    @property
    def is_message(self) -> bool:
        """Whether it holds a message."""
        return self.proto.type == descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE

    @property
    def required(self) -> bool:
        """Whether a request without it is refused."""
        return field_behavior_pb2.REQUIRED in self._behaviors

    @property
    def output_only(self) -> bool:
        """Whether only answers hold it."""
        return field_behavior_pb2.OUTPUT_ONLY in self._behaviors

    @property
    def rules(self) -> validate_pb2.FieldRules:
        """What protovalidate asks of it."""
        return self.proto.options.Extensions[validate_pb2.field]

    @property
    def _behaviors(self) -> list[int]:
        return list(self.proto.options.Extensions[_BEHAVIOR])


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its fields."""

    name: str
    comment: str
    fields: tuple[Field, ...]
    proto: descriptor_pb2.DescriptorProto

    @property
    def choices(self) -> list[list[Field]]:
        """The fields of each `oneof` of which one has to be there."""
        return [
            [each for each in self.fields if each.proto.HasField("oneof_index") and each.proto.oneof_index == index]
            for index, oneof in enumerate(self.proto.oneof_decl)
            if oneof.options.Extensions[validate_pb2.oneof].required
        ]


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum with the comments of its values."""

    name: str
    comment: str
    values: tuple[tuple[str, str], ...]
    """Each value's name and comment."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method as HTTP has it."""

    service: str
    """Short name, `OtpService`."""
    name: str
    comment: str
    verb: str
    """`get` or `post`."""
    template: str
    """`/v1/{name=challenges/*}:checkCode`."""
    request: str
    response: str
    streams: bool
    """Whether its answer is a line of JSON after another."""

    @property
    def variable(self) -> tuple[str, str] | None:
        """The field that the path holds, and the collection it is of: `("name", "challenges")`."""
        found = _VARIABLE.search(self.template)
        return (found[1], found[2]) if found else None

    @property
    def path(self) -> str:
        """The path as OpenAPI writes it: `/v1/challenges/{challenge}:checkCode`."""
        return _VARIABLE.sub(lambda found: f"{found[2]}/{{{found[2].removesuffix('s')}}}", self.template)

    @property
    def pattern(self) -> str:
        """The path with a star for what differs: `/v1/challenges/*:checkCode`."""
        return _VARIABLE.sub(r"\2/*", self.template)


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything a caller of the public services can meet."""

    services: dict[str, str] = field(default_factory=dict)
    """The comment of each public service, by its short name."""
    operations: list[Operation] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    """By full name, those of other services included."""
    enums: dict[str, Enum] = field(default_factory=dict)

    def reach(self, *messages: str) -> Iterator[Message | Enum]:
        """Yields the messages and enums named, and what their fields are of, each once."""
        found = set[str]()
        ahead = list(messages)
        while ahead:
            name = ahead.pop(0)
            if name in found or not name.startswith(OWN):
                continue
            found.add(name)
            if name in self.enums:
                yield self.enums[name]
                continue
            yield self.messages[name]
            ahead += [each.type_name for each in self.messages[name].fields if each.type_name and not each.is_map]


def read(descriptors: bytes) -> Contract:
    """Returns the public contracts of a serialized descriptor set that was made with its source info."""
    contract = Contract()
    by_package = {f"{OWN}{name}.v1": rank for rank, name in enumerate(PUBLIC)}
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptors).file
    for file in sorted(files, key=lambda each: by_package.get(each.package, len(by_package))):
        if file.package.startswith(OWN):
            _File(file, contract).read(public=file.package in by_package)
    return contract


class _File:
    """One file with its comments, which are found by the path of numbers to an element."""

    def __init__(self, file: descriptor_pb2.FileDescriptorProto, into: Contract) -> None:
        self._file = file
        self._into = into
        self._comments = {tuple(place.path): _prose(place.leading_comments) for place in file.source_code_info.location}

    def read(self, *, public: bool) -> None:
        for index, message in enumerate(self._file.message_type):
            self._message(message, self._file.package, (_FILE_MESSAGE, index))
        for index, enum in enumerate(self._file.enum_type):
            self._enum(enum, self._file.package, (_FILE_ENUM, index))
        for index, service in enumerate(self._file.service):
            if public and service.name.endswith("Service"):
                self._into.services[service.name] = self._comment((_FILE_SERVICE, index))
                for place, method in enumerate(service.method):
                    comment = self._comment((_FILE_SERVICE, index, _SERVICE_METHOD, place))
                    self._into.operations.append(_operation(service.name, method, comment))

    def _message(self, proto: descriptor_pb2.DescriptorProto, scope: str, path: tuple[int, ...]) -> None:
        name = f"{scope}.{proto.name}"
        maps = {f".{name}.{nested.name}" for nested in proto.nested_type if nested.options.map_entry}
        fields = tuple(
            Field(each, self._comment((*path, _MESSAGE_FIELD, index)), each.type_name in maps)
            for index, each in enumerate(proto.field)
        )
        self._into.messages[name] = Message(name, self._comment(path), fields, proto)
        for index, nested in enumerate(proto.nested_type):
            self._message(nested, name, (*path, _MESSAGE_MESSAGE, index))
        for index, enum in enumerate(proto.enum_type):
            self._enum(enum, name, (*path, _MESSAGE_ENUM, index))

    def _enum(self, proto: descriptor_pb2.EnumDescriptorProto, scope: str, path: tuple[int, ...]) -> None:
        name = f"{scope}.{proto.name}"
        values = tuple(
            (each.name, self._comment((*path, _ENUM_VALUE, index))) for index, each in enumerate(proto.value)
        )
        self._into.enums[name] = Enum(name, self._comment(path), values)

    def _comment(self, path: tuple[int, ...]) -> str:
        return self._comments.get(path, "")


def _operation(service: str, method: descriptor_pb2.MethodDescriptorProto, comment: str) -> Operation:
    rule = method.options.Extensions[_HTTP]
    verb = rule.WhichOneof("pattern")
    if verb not in {"get", "post"} or (verb == "post") != (rule.body == "*"):
        raise ValueError(f"{service}.{method.name}: a public method is a GET, or a POST whose body is the request")
    return Operation(
        service=service,
        name=method.name,
        comment=comment,
        verb=verb,
        template=getattr(rule, verb),
        request=method.input_type.removeprefix("."),
        response=method.output_type.removeprefix("."),
        streams=method.server_streaming,
    )


def _prose(comment: str) -> str:
    """Joins the lines of each paragraph, which a comment breaks where the page ends."""
    paragraphs = re.split(r"\n\s*\n", comment.strip())
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", each.strip()) for each in paragraphs if each.strip())
