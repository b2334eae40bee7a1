"""What the config may say about preprocess."""

from dataclasses import dataclass


@dataclass
class Text:
    """How the text feature is made: the columns joined by a space, missing as nothing."""

    name: str
    columns: list[str]


@dataclass
class Preprocess:
    """What `preprocess` does to the raw table."""

    drop_duplicates: bool = True
    drop_constant: bool = False  # columns with one single value
    text: Text | None = None
