"""The table that drift is measured against: which version it is, and how another one becomes it."""

from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.store.verdicts import trail
from pipeline.store.versions import is_reference, parse_reference, version_number


def move(
    store: Store, reference: str | None, version: str, verdicts: str, override: str | None = None
) -> str:
    """Let the reference mean another version of its artifact.

    Args:
        store: where the artifact is.
        reference: `data.reference`, name:alias.
        version: which version it is to mean: vN or an alias.
        verdicts: name of the artifact that check_data writes.
        override: the reason why a table that check_data refused is to be the reference.

    Returns:
        A line that says what it was and what it is, after lines on what a reader should know.

    Raises:
        InputError: the reference is none, no name:alias, or names a version or the newest one;
            there is no such version; check_data refused it, and there is no such reason.
    """
    how = "set data.reference to NAME:ALIAS"
    if reference is None:
        raise InputError(f"set_reference: data.reference is null; {how}")
    if not is_reference(reference):
        raise InputError(f"set_reference: data.reference={reference} is not NAME:ALIAS; {how}")
    name, alias = parse_reference(reference)
    if version_number(alias) is not None or alias == "latest":
        why = "moves by itself" if alias == "latest" else "is a version, which cannot move"
        raise InputError(f"set_reference: data.reference={reference} {why}; {how}")
    before = store.find(reference)
    now = store.get(f"{name}:{version}")
    notes = trail(store, verdicts, [now]).require(override)
    store.set_alias(now.reference, alias)
    if before and before.version == now.version:
        return "\n".join([*notes, f"{reference} is v{now.version}, as before"])
    was = f"v{before.version}" if before else "not there"
    return "\n".join([*notes, f"{reference} was {was}, is v{now.version}"])
