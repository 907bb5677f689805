"""Records of one kind, each one item of the table that templates are kept in."""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from serving.logic.record import Record
from serving.stores.environments import listing
from serving.stores.table import Delete, Key, Put, Table, Write, every

_Kept = TypeVar("_Kept", bound=Record)


class RecordStore(Generic[_Kept]):
    """Keeps them by environment and id.

    Args:
        table: where.
        model: what they are.
    """

    def __init__(self, table: Table, model: type[_Kept]) -> None:
        self.table, self._model = table, model

    def find(self, environment: str, record_id: str) -> _Kept | None:
        key = self._key(environment, record_id)
        document = self.table.get([key]).get(key)
        return None if document is None else self._model.model_validate_json(document)

    def page(self, environment: str, after: str = "", limit: int = 100) -> Sequence[_Kept]:
        """In the order of their ids, beyond ``after``."""
        rows = self.table.query(self._partition(environment), after=after, limit=limit)
        return [self._model.model_validate_json(document) for _, document in rows]

    def save(self, record: _Kept, *others: Write) -> None:
        """Keep a record, whose revision is one more than that of the one it replaces, and write the others along.

        Raises:
            Lost: it is no longer as it was; nothing was written.
            Full: it is too large.
        """
        self.replace(record, record.revision - 1, *others)

    def replace(self, record: _Kept, replaces: int, *others: Write) -> None:
        """The same in the place of any earlier revision; of 0, where there is none. Raises as :meth:`save`."""
        key = self._key(record.environment, record.id)
        listed = [] if replaces else [listing(record.environment)]
        self.table.write([Put(key, record.model_dump_json(), record.revision, replaces), *listed, *others])

    def everything(self, environment: str) -> Iterator[_Kept]:
        """In the order of their ids."""
        for _, document in every(self.table, self._partition(environment)):
            yield self._model.model_validate_json(document)

    def remove(self, record: _Kept) -> None:
        """Raises ``Lost`` where it is no longer as it was."""
        self.table.write([Delete(self._key(record.environment, record.id), replaces=record.revision)])

    def _partition(self, environment: str) -> str:
        return f"{self._model.KIND}#{environment}"

    def _key(self, environment: str, record_id: str) -> Key:
        return Key(self._partition(environment), record_id)
