"""The tables of the store, as they lie in the file."""

from __future__ import annotations

from igh_geo.tables import TABLES, Kind

# Raise it with every change of what follows: an older program then refuses the file instead of
# misreading it.
SCHEMA = 1

# Moments are kept in UTC: what lies between two of them is then the same all year.
SQL_TYPE: dict[Kind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "count": "BIGINT",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
}
RECORD_COLUMNS = {
    # `source` is the declared one; the word that a file gives for it is kept as well.
    {"source": "named_source"}.get(name, name): SQL_TYPE[column.kind]
    for name, column in TABLES["incidents"][1].items()
}
FIGURE_COLUMNS = {"count": "DOUBLE", "is_provisional": "BOOLEAN", "boundary_year": "BIGINT"}

# The key within a source, and the columns that belong to it.
KEYED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "records": (("incident_id",), RECORD_COLUMNS),
    "figures": (("area_code", "category", "kind", "period"), FIGURE_COLUMNS),
}
# Of every version: what it holds in short, which load brought it, and the latest delivery that
# still said so.
VERSION_COLUMNS = {"content_hash": "VARCHAR", "load_no": "INTEGER", "delivered": "DATE"}

LOAD_COLUMNS = {
    "load_no": "INTEGER",
    "done_at": "TIMESTAMP",
    "action": "VARCHAR",
    "source": "VARCHAR",
    "file": "VARCHAR",
    "sha256": "VARCHAR",
    "bytes": "BIGINT",
    "declaration": "VARCHAR",
    "delivered": "DATE",
    "first_day": "DATE",
    "last_day": "DATE",
    "rows_in": "BIGINT",
    "placed": "BIGINT",
    "new": "BIGINT",
    "changed": "BIGINT",
    "unchanged": "BIGINT",
    "older": "BIGINT",
    "removed": "BIGINT",
    "ledger": "VARCHAR",
    "reading": "VARCHAR",
    "igh_geo_version": "VARCHAR",
}


def columns_of(table: str) -> dict[str, str]:
    """Columns of a table with versions, and their types, in their order in the file."""
    key, columns = KEYED[table]
    return {"source": "VARCHAR", **dict.fromkeys(key, "VARCHAR"), **columns, **VERSION_COLUMNS}


def older(table: str) -> str:
    """Name of the table with the versions that are no longer current."""
    return f"older_{table}"


def make_tables() -> list[str]:
    """The statements that make an empty store."""
    statements = [
        "CREATE TABLE about (key VARCHAR, value VARCHAR)",
        f"INSERT INTO about VALUES ('schema', '{SCHEMA}')",
        _make("loads", LOAD_COLUMNS),
    ]
    for table in KEYED:
        columns = columns_of(table)
        statements.append(_make(table, columns))
        statements.append(_make(older(table), {**columns, "superseded_by": "INTEGER"}))
    return statements


def quoted(names: list[str]) -> str:
    """Names of columns for a statement."""
    return ", ".join(f'"{name}"' for name in names)


def _make(table: str, columns: dict[str, str]) -> str:
    defined = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    return f"CREATE TABLE {table} ({defined})"
