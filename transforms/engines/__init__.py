"""Where the models run: DuckDB on the Iceberg tables of one folder."""
