"""What a step says of its run: figures, small tables, texts and pictures, and what it warns of."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.files import write_bytes, write_text
from pipeline.text.escaping import escaped_lines
from pipeline.tracking.record import Record, Row, write_table
from pipeline.tracking.recorder_client import MovedOfflineError


class StepLog:
    """The record of a step's run, and the folder of its files."""

    def __init__(self, record: Record, folder: Path) -> None:
        self.record = record
        self.folder = folder
        self.logger = logging.getLogger(record.step)

    def log(self, metrics: Mapping[str, float]) -> None:
        """Record metrics; a name with a slash is a detail (``f1/Pop``)."""
        self.record.metrics.update(metrics)

    def log_series(self, axis: str, points: Sequence[Mapping[str, float]]) -> None:
        """Record metrics along something that is counted, as trees or folds; trackers chart them.

        Args:
            axis: what is counted.
            points: each with the count, a whole number from 0 on, under the name `axis`, and the
                metrics there.
        """
        self.record.series[axis] = [dict(point) for point in points]

    def log_table(self, name: str, rows: list[Row]) -> None:
        """Record a small table, a list of rows with the same keys."""
        self.record.tables[name] = rows
        write_table(name, rows, self.folder)

    def log_text(self, name: str, text: str) -> None:
        """Record a text for people as ``name.md``."""
        write_text(self.folder / f"{name}.md", escaped_lines(text))

    def log_picture(self, name: str, png: bytes) -> None:
        """Record a picture as ``name.png``."""
        write_bytes(self.folder / f"{name}.png", png)
        self.record.pictures[f"{name}.png"] = hashlib.sha256(png).hexdigest()

    def refuse(self, reason: str) -> None:
        """End the run with status 1; its outputs are published and recorded all the same."""
        self.record.refused = reason

    def stop(self, reason: str) -> None:
        """Let the run end well without the step's outputs; steps that follow it do not run."""
        self.record.stopped = reason
        self.note(reason)

    def note(self, text: str) -> None:
        """Warn of something that a reader of the results should know; the report says it too."""
        self.record.notes.append(text)
        self.logger.warning("%s", text)

    def note_offline(self, moved: MovedOfflineError) -> None:
        """Note, and say, that W&B failed and the run goes on offline."""
        self.record.offline = str(moved)
        self.record.wandb_run = moved.run or self.record.wandb_run
        self.logger.warning("%s; going on offline", moved)
