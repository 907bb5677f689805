"""The Iceberg tables of one lake, wherever its files lie."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import In
from pyiceberg.io.pyarrow import parquet_files_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.transforms import DayTransform, Transform

from ingest.contracts import layout
from sql.records import Model
from transforms.engines.definition import partition_of, properties_of
from transforms.engines.warehouse import FolderWarehouse, Warehouse

RUN = "promptlake.run"
_TRANSFORMS: dict[str, Transform[Any, Any]] = {"day": DayTransform()}
_EPOCH = date(1970, 1, 1)
_In: Any = In  # its positional arguments are hidden from the type checker


class Tables:
    """The silver and gold tables of one lake; of an embedded one where a folder is given."""

    def __init__(self, warehouse: Warehouse | Path) -> None:
        self.warehouse: Warehouse = FolderWarehouse(warehouse) if isinstance(warehouse, Path) else warehouse
        self.root = self.warehouse.root
        self._catalog = self.warehouse.catalog()
        for layer in (layout.SILVER, layout.GOLD):
            self._catalog.create_namespace_if_not_exists(layer)

    def close(self) -> None:
        self._catalog.close()

    def find(self, model: Model) -> Table | None:
        """The table as it was last committed, or None before its first build."""
        try:
            return self._catalog.load_table((model.layer, model.name))
        except NoSuchTableError:
            return None

    def ensure(self, model: Model, columns: pa.Schema) -> Table:
        """The table, made or widened so that it holds ``columns``."""
        documented = pa.schema([_documented(field, model) for field in columns])
        table = self.find(model)
        if table is None:
            return self._create(model, documented)
        if set(columns.names) - set(table.schema().column_names):
            with table.update_schema() as update:
                update.union_by_name(documented)
        return table

    def _create(self, model: Model, columns: pa.Schema) -> Table:
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
        return creation.commit_transaction()

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
        if table is None or table.current_snapshot() is None:
            return []
        within = table.scan(row_filter=f"day >= '{first}' AND day <= '{last}'")
        paths = [self.path_of(task.file.file_path) for task in within.plan_files()]
        self.warehouse.fetch(paths)
        return [self.root / path for path in paths]

    def sizes(self, model: Model) -> dict[str, int]:
        """The data files of the committed table by their paths below the root, with their sizes in bytes, wherever
        they lie.
        """
        table = self.find(model)
        if table is None or table.current_snapshot() is None:
            return {}
        files = (task.file for task in table.scan().plan_files())
        return {self.path_of(file.file_path): file.file_size_in_bytes for file in files}

    def files_by_day(self, model: Model, days: Collection[date]) -> dict[date, list[Path]]:
        """Data files of some days of a committed table that is partitioned by day. They lie in the local folder."""
        table = self.find(model)
        if table is None or table.current_snapshot() is None:
            return {}
        found: dict[date, list[str]] = {}
        for task in table.scan().plan_files():
            day = _day_of(task.file)
            if day in days:
                found.setdefault(day, []).append(self.path_of(task.file.file_path))
        self.warehouse.fetch([path for paths in found.values() for path in paths])
        return {day: [self.root / path for path in paths] for day, paths in found.items()}

    def days(self, model: Model) -> set[date]:
        """The days of which a table partitioned by day has rows."""
        table = self.find(model)
        if table is None or table.current_snapshot() is None:
            return set()
        return {_day_of(task.file) for task in table.scan().plan_files()}

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
            table.add_files(self._locations(paths), snapshot_properties={RUN: run}, check_duplicate_files=False)

    def holding(self, table: Table, days: Collection[date] | None) -> list[DataFile]:
        """The data files that may have rows of some days, of all days where ``days`` is None."""
        if table.current_snapshot() is None:
            return []
        if days is None or not table.spec().is_unpartitioned():
            files = (task.file for task in table.scan().plan_files())
            return [file for file in files if days is None or _day_of(file) in days]
        return [task.file for task in table.scan(row_filter=_In("day", set(days))).plan_files()]

    def swap(self, table: Table, gone: Collection[str], paths: Collection[str], run: str) -> None:
        """Put some data files in the place of others, in one commit, once a run, however often it is asked."""
        if self.has_run(table, run):
            return
        out = set(self._locations(gone))
        old = (task.file for task in table.scan().plan_files())
        self.exchange(table, [file for file in old if file.file_path in out], paths, run)

    def exchange(self, table: Table, gone: Collection[DataFile], paths: Collection[str], run: str) -> None:
        """Put Parquet files that lie at ``paths`` below the root in the place of some data files.

        One commit whatever it takes away and adds: each costs a small table's build more than its rows do.
        """
        if not gone and not paths:
            return
        fresh = parquet_files_to_data_files(table.io, table.metadata, iter(self._locations(paths)))
        with table.transaction() as change:
            if table.name_mapping() is None:  # made by another engine
                _map_names(change)
            with change.update_snapshot(snapshot_properties={RUN: run}).overwrite() as files:
                for file in gone:
                    files.delete_data_file(file)
                for file in fresh:
                    files.append_data_file(file)


def _map_names(change: Transaction) -> None:
    """Let columns be found by their names, since the Parquet files we commit know nothing of Iceberg's ids."""
    mapping = change.table_metadata.schema().name_mapping.model_dump_json()
    change.set_properties({TableProperties.DEFAULT_NAME_MAPPING: mapping})


def _day_of(file: DataFile) -> date:
    return _EPOCH + timedelta(file.partition[0])


def _documented(field: pa.Field, model: Model) -> pa.Field:
    spec = model.columns[field.name]
    unit = f" ({spec.unit})" if spec.unit else ""
    return field.with_nullable(True).with_metadata({"doc": f"{spec.description}{unit}"})
