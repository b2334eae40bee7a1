"""Who works on the pieces of a table: the step's own process, or the workers of a Dask cluster."""
