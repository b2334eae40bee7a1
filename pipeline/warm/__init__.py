"""Steps as forks of a process that has imported their libraries: a start without imports.

May be used from outside: `process.WarmProcess, backend.started, backend.Fork`.
"""
