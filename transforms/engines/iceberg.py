"""The Iceberg tables of one lake, wherever its files lie."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.conversions import from_bytes
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import parquet_files_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.transforms import DayTransform, Transform
from pyiceberg.types import DateType

from ingest.contracts import layout
from sql.records import Model
from transforms.engines.definition import partition_of, properties_of
from transforms.engines.warehouse import FolderWarehouse, Warehouse

RUN = "promptlake.run"
_TRANSFORMS: dict[str, Transform[Any, Any]] = {"day": DayTransform()}
_EPOCH = date(1970, 1, 1)


class Tables:
    """The silver and gold tables of one lake; of an embedded one where a folder is given.

    For one session, during which nobody else commits: what was read of a table is read once.
    """

    def __init__(self, warehouse: Warehouse | Path) -> None:
        self.warehouse: Warehouse = FolderWarehouse(warehouse) if isinstance(warehouse, Path) else warehouse
        self.root = self.warehouse.root
        self._catalog = self.warehouse.catalog()
        for layer in (layout.SILVER, layout.GOLD):
            self._catalog.create_namespace_if_not_exists(layer)
        self._found: dict[str, Table] = {}
        self._planned: dict[str, tuple[int, list[DataFile]]] = {}

    def close(self) -> None:
        self._catalog.close()

    def find(self, model: Model) -> Table | None:
        """The table as it was last committed, or None before its first build."""
        if model.full_name not in self._found:
            try:
                self._found[model.full_name] = self._catalog.load_table((model.layer, model.name))
            except NoSuchTableError:
                return None
        return self._found[model.full_name]

    def ensure(self, model: Model, columns: pa.Schema) -> Table:
        """The table, made or widened so that it holds ``columns``."""
        documented = pa.schema([_documented(field, model) for field in columns])
        table = self.find(model)
        if table is None:
            self._create(model, documented)
            table = self._found[model.full_name] = self._catalog.load_table((model.layer, model.name))
        elif set(columns.names) - set(table.schema().column_names):
            with table.update_schema() as update:
                update.union_by_name(documented)
        return table

    def _create(self, model: Model, columns: pa.Schema) -> None:
        creation = self._catalog.create_table_transaction(
            (model.layer, model.name),
            columns,
            location=self.warehouse.location + layout.table(model.layer, model.name),
            properties=properties_of(columns.names),
        )
        if model.partition:
            with creation.update_spec() as update:
                column, transform = partition_of(model.partition)
                update.add_field(column, _TRANSFORMS[transform], f"{column}_{transform}")
        _map_names(creation)
        creation.commit_transaction()

    def files(self, model: Model, days: Collection[date] | None = None) -> list[Path]:
        """Data files of the committed table, those of some days only where ``days`` is given and it is by day.

        They lie in the local folder.
        """
        if days is not None and (model.partition or "").startswith("day("):
            return [path for paths in self.files_by_day(model, days).values() for path in paths]
        paths = list(self.sizes(model))
        self.warehouse.fetch(paths)
        return [self.root / path for path in paths]

    def files_between(self, model: Model, first: date, last: date) -> list[Path]:
        """Data files of a committed table by day that may have rows of some days. They lie in the local folder."""
        table = self.find(model)
        if table is None:
            return []
        files = [file for file in self._data_files(model) if _may_hold(table, file, first, last)]
        paths = [self.path_of(file.file_path) for file in files]
        self.warehouse.fetch(paths)
        return [self.root / path for path in paths]

    def sizes(self, model: Model) -> dict[str, int]:
        """The data files of the committed table by their paths below the root, with their sizes in bytes, wherever
        they lie.
        """
        return {self.path_of(file.file_path): file.file_size_in_bytes for file in self._data_files(model)}

    def files_by_day(self, model: Model, days: Collection[date]) -> dict[date, list[Path]]:
        """Data files of some days of a committed table that is partitioned by day. They lie in the local folder."""
        found: dict[date, list[str]] = {}
        for file in self._data_files(model):
            if (day := _day_of(file)) in days:
                found.setdefault(day, []).append(self.path_of(file.file_path))
        self.warehouse.fetch([path for paths in found.values() for path in paths])
        return {day: [self.root / path for path in paths] for day, paths in found.items()}

    def days(self, model: Model) -> set[date]:
        """The days of which a table partitioned by day has rows."""
        return set(map(_day_of, self._data_files(model)))

    def _data_files(self, model: Model) -> list[DataFile]:
        table = self.find(model)
        snapshot = None if table is None else table.current_snapshot()
        if table is None or snapshot is None:
            return []
        known = self._planned.get(model.full_name)
        if known is None or known[0] != snapshot.snapshot_id:
            known = snapshot.snapshot_id, [task.file for task in table.scan().plan_files()]
            self._planned[model.full_name] = known
        return known[1]

    def referenced(self, model: Model) -> set[str]:
        """Path of every file that the table's metadata still names: data, manifests, and the metadata themselves."""
        table = self.find(model)
        if table is None:
            return set()
        named = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
        for snapshot in table.snapshots():
            named.add(snapshot.manifest_list)
            for manifest in snapshot.manifests(table.io):
                named.add(manifest.manifest_path)
                named.update(entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))
        return {self.path_of(location) for location in named}

    def path_of(self, location: str) -> str:
        """The path in the lake of what Iceberg's metadata name."""
        return location.removeprefix(self.warehouse.location)

    def _locations(self, paths: Iterable[str]) -> list[str]:
        return [self.warehouse.location + path for path in paths]

    def has_run(self, table: Table, run: str) -> bool:
        """Whether that run already committed to the table."""
        return any(s.summary is not None and s.summary.get(RUN) == run for s in table.snapshots()[-50:])

    def add_files(self, table: Table, paths: Iterable[str], run: str) -> None:
        """Commit Parquet files that lie at ``paths`` below the root, once a run, however often it is asked."""
        if not self.has_run(table, run):
            with _Change(table) as change:
                named = self._locations(paths)
                change.add_files(named, snapshot_properties={RUN: run}, check_duplicate_files=False)

    def holding(self, model: Model, days: Collection[date] | None) -> list[DataFile]:
        """The data files that may have rows of some days, of all days where ``days`` is None."""
        table, files = self.find(model), self._data_files(model)
        if table is None or days is None:
            return files
        if not table.spec().is_unpartitioned():
            return [file for file in files if _day_of(file) in days]
        return [file for file in files if any(_may_hold(table, file, day, day) for day in days)]

    def swap(self, model: Model, gone: Collection[str], paths: Collection[str], run: str) -> None:
        """Put some data files in the place of others, in one commit, once a run, however often it is asked."""
        table = self.find(model)
        if table is not None and not self.has_run(table, run):
            out = set(gone)
            old = [file for file in self._data_files(model) if self.path_of(file.file_path) in out]
            self.exchange(table, old, paths, run)

    def exchange(self, table: Table, gone: Collection[DataFile], paths: Collection[str], run: str) -> None:
        """Put Parquet files that lie at ``paths`` below the root in the place of some data files.

        One commit whatever it takes away and adds: each costs a small table's build more than its rows do.
        """
        if not gone and not paths:
            return
        fresh = parquet_files_to_data_files(table.io, table.metadata, iter(self._locations(paths)))
        with _Change(table) as change:
            if table.name_mapping() is None:  # made by another engine
                _map_names(change)
            with change.update_snapshot(snapshot_properties={RUN: run}).overwrite() as files:
                for file in gone:
                    files.delete_data_file(file)
                for file in fresh:
                    files.append_data_file(file)


class _Change(Transaction):
    """One that knows what it has come to: the library's own applies its updates and copies all metadata at each look,
    some twenty times a commit, and they grow with each snapshot.
    """

    _known: tuple[object, object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        before, updates = self._table.metadata, self._updates
        if self._known is None or self._known[0] is not before or self._known[1] is not updates:
            self._known = before, updates, super().table_metadata
        return self._known[2]


def _map_names(change: Transaction) -> None:
    """Let columns be found by their names, since the Parquet files we commit know nothing of Iceberg's ids."""
    mapping = change.table_metadata.schema().name_mapping.model_dump_json()
    change.set_properties({TableProperties.DEFAULT_NAME_MAPPING: mapping})


def _day_of(file: DataFile) -> date:
    return _EPOCH + timedelta(file.partition[0])


def _may_hold(table: Table, file: DataFile, first: date, last: date) -> bool:
    """Whether a file may have rows of days from ``first`` to ``last``, by what its metadata say of its days."""
    place = table.schema().find_field("day").field_id
    low, high = file.lower_bounds.get(place), file.upper_bounds.get(place)
    if low is None or high is None:
        return True
    least, most = (_EPOCH + timedelta(int(from_bytes(DateType(), bound))) for bound in (low, high))
    return bool(least <= last and first <= most)


def _documented(field: pa.Field, model: Model) -> pa.Field:
    spec = model.columns[field.name]
    unit = f" ({spec.unit})" if spec.unit else ""
    return field.with_nullable(True).with_metadata({"doc": f"{spec.description}{unit}"})
