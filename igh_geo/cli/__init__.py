"""The command line: wraps the library and nothing else."""

# Only the standard library in this room: `--help` must not wait for geopandas.
