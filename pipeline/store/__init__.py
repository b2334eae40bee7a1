"""Versions and bytes of artifacts: `name:alias` and `name:vN` in a folder or an object store.

From outside: artifacts.Store, versions.Version and the functions of versions, file digests.
"""
