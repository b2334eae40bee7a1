"""Files and Arrow tables, of any size: ours without loss, and those that somebody else wrote.

From outside: table_files.Source and Writer for ours, external_tables and external_chunks for
others; row_digests, column_kinds, reorder and prefetch for what is done with rows.
"""
