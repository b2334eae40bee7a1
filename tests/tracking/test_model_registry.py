"""Files that are put beside a registered model."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.tracking import model_registry
from pipeline.tracking.entities import models


def test_files_are_put_beside_the_model_with_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    put = []

    class Client:
        def search_model_versions(self, words: str) -> list[Any]:
            assert words == "name = 'songs'"
            return [SimpleNamespace(source=f"models:/m-{d}", tags={models.DIGEST: d}) for d in "ab"]

        def log_model_artifact(self, *where: str) -> None:
            put.append(where)

    monkeypatch.setattr("mlflow.MlflowClient", Client)
    model_registry.attach("songs", "b", [Path("card.md"), Path("card.html")])
    assert put == [("m-b", "card.md"), ("m-b", "card.html")]
    model_registry.attach("songs", "c", [Path("card.md")])
    assert len(put) == 2
