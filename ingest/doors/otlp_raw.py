"""Protobuf requests whose attributes stay bytes until somebody wants them.

Attributes are most of an export, and most of them say what thousands of others did: the same model, the same feature.
So the requests are decoded by a schema in which an attribute is bytes, which are looked up before they are decoded.
Those that nobody reads, such as whole prompts, are never decoded at all.
"""

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from ingest.doors.otlp_attribute import Attribute, value_of

_ATTRIBUTES = "attributes"
_KEY_TAG = 10
_LONG = 0x80
_REMEMBERED = 16_384
_REMEMBERED_BYTES = 128


def with_raw_attributes(request: Any, owner: str, *files: ModuleType) -> Any:
    """The class of a request in which the ``owner`` message has its attributes as bytes.

    Args:
        request: the generated class.
        owner: message that has attributes, by its name.
        files: generated modules that the request is made of, each after those it needs.
    """
    pool = DescriptorPool()
    for file in (common_pb2, *files):
        described = FileDescriptorProto()
        file.DESCRIPTOR.CopyToProto(described)
        for field in (f for message in described.message_type if message.name == owner for f in message.field):
            if field.name == _ATTRIBUTES:
                field.type = FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
        pool.Add(described)
    return GetMessageClass(pool.FindMessageTypeByName(request.DESCRIPTOR.full_name))


class _Said(NamedTuple):
    field: str
    value: Any
    preferred: bool


_NOTHING: Final = _Said("", None, False)


class RawReader:
    """Reads the known ones among raw attributes. What short ones said is remembered, up to a bound."""

    def __init__(self, known: Mapping[str, Attribute]) -> None:
        self._known = known
        # As they begin on the wire: a tag, a length that fits into a byte, the key.
        self._beginnings = {bytes((_KEY_TAG, len(key))) + key.encode() for key in known}
        self._said: dict[bytes, _Said] = {}

    def read(self, attributes: Iterable[bytes]) -> dict[str, Any]:
        """The fields that the attributes say.

        Raises:
            DecodeError: one that is known can't be decoded.
        """
        # The hottest loop of the house.
        fields: dict[str, Any] = {}
        remembered, decode = self._said.get, self._decode
        for raw in attributes:
            # A long one is hardly ever said twice, and takes as long to look up as to decode.
            field, value, preferred = (remembered(raw) if len(raw) <= _REMEMBERED_BYTES else None) or decode(raw)
            if value is not None and (preferred or field not in fields):
                fields[field] = value
        return fields

    def _decode(self, raw: bytes) -> _Said:
        if len(raw) < 2 or (raw[0] == _KEY_TAG and raw[1] < _LONG and raw[: 2 + raw[1]] not in self._beginnings):
            return _NOTHING
        attribute = KeyValue.FromString(raw)
        wanted = self._known.get(attribute.key)
        said = _Said(wanted.field, value_of(wanted, attribute), wanted.preferred) if wanted else _NOTHING
        if len(raw) <= _REMEMBERED_BYTES:
            if len(self._said) == _REMEMBERED:
                self._said.clear()
            self._said[raw] = said
        return said
