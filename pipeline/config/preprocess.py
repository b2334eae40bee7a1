"""What the config may say about get_data, preprocess, and the columns that they leave."""

from dataclasses import dataclass, field


@dataclass
class Download:
    """Where `get_data` gives up, and which addresses it asks."""

    timeout: int = field(default=60, metadata={"at_least": 1})  # seconds without a byte
    total_timeout: int = field(default=3600, metadata={"at_least": 1})  # seconds for all of it
    max_bytes: int = field(default=10_000_000_000, metadata={"at_least": 1})
    link_local: bool = False  # whether 169.254.0.0/16, fe80::/10 and a cloud's metadata are asked


@dataclass
class Text:
    """How the text feature is made: the columns joined by a space, missing as nothing."""

    name: str
    columns: list[str]


@dataclass
class Features:
    """The columns that the model sees."""

    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    text: str | None = None

    @property
    def columns(self) -> list[str]:
        """All of them."""
        return [*self.numeric, *self.categorical, *([self.text] if self.text else [])]


@dataclass
class Preprocess:
    """What `preprocess` does to the raw table."""

    drop_duplicates: bool = True
    drop_constant: bool = False  # columns with one single value
    text: Text | None = None
