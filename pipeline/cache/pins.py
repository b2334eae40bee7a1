"""The versions that the artifact references in a step's parameters mean."""

from collections.abc import Mapping

from pipeline.store.artifacts import Store
from pipeline.store.verdicts import Trail, trail
from pipeline.store.versions import Version, is_reference, parse_reference, version_number

VERDICTS, OVERRIDE = "checks_artifact", "checks_override"  # parameters of steps that need a verdict


def pin_references(
    store: Store, values: Mapping[str, object], produced: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, Version | None]]:
    """Return the parameters with ``name:vN`` for each reference, and the versions meant.

    Args:
        store: where they are.
        values: the parameters.
        produced: artifact name → digest of what this run made, which ``name:latest`` means.

    Returns:
        The parameters, and for each that is a reference its version; None: not there.
    """
    parameters, inputs = dict(values), {}
    for name, value in values.items():
        if not is_reference(value):
            continue
        artifact, alias = parse_reference(value)
        digest = produced.get(artifact) if alias == "latest" else None
        own_version = store.same(artifact, digest) if digest else None
        version = inputs[name] = own_version or store.find(value)
        parameters[name] = version.reference if version else value
    return parameters, inputs


def moving_references(values: Mapping[str, object]) -> dict[str, object]:
    """Return the references by an alias other than `latest`: one that only a command moves."""
    names = {name: parse_reference(v)[1] for name, v in values.items() if is_reference(v)}
    return {name: values[name] for name, alias in names.items()
            if alias != "latest" and version_number(alias) is None}  # fmt: skip


def verdict_trail(
    store: Store,
    values: Mapping[str, object],
    inputs: Mapping[str, Version | None],
    produced: Mapping[str, str],
) -> Trail:
    """Return the verdicts on a step's tables; none for a step that takes any table.

    Args:
        store: where they are.
        values: the step's parameters.
        inputs: the versions that its references mean; one that only a command moves, such as the
            champion, is compared with and not used.
        produced: artifact name → digest of what this run made.
    """
    if VERDICTS not in values:
        return Trail()
    compared = moving_references(values)
    used = [version for name, version in inputs.items() if version and name not in compared]
    return trail(store, str(values[VERDICTS]), used, produced)
