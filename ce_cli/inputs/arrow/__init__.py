"""Arrow: Parquet, IPC files and streams, tables in memory."""
