"""Whole runs with Dask's workers, of which every step loses one: the artifacts are the same."""

import os
from pathlib import Path

import pytest

from tests.projects import Project, copy_project
from tests.workers import Losses

pytest.importorskip("distributed")

WITH_WORKERS = ("preprocess", "check_data", "segregate", "train_random_forest", "evaluate")
REAL = "data=songs data/segregate=group model=random_forest data.format=parquet"


def run_with_losses(
    project: Project, after: float, *words: str, steps: tuple[str, ...] = WITH_WORKERS
) -> None:
    """Run with two workers in each step, one of which is killed when it has been there a while."""
    with Losses(project.root, after) as losses:
        done = project.run("python", "main.py", "engine=dask", "engine.workers=2", *words)
    assert done.status == 0, done.out + done.err
    log = (project.root / "ml_pipeline.log").read_text("utf-8")
    assert len(losses.steps) == len(steps), (losses.steps, log)
    assert [s for s in WITH_WORKERS if f"{s}: a worker was lost" in log] == [*steps]


@pytest.mark.slow
def test_the_sample(sample_run: Path, fresh: Project) -> None:
    run_with_losses(fresh, 0.0)
    assert fresh.artifacts() == Project(sample_run).artifacts()
    done = fresh.run("python", "main.py")
    assert done.status == 0, done.out + done.err
    assert done.out.count("cached") >= 6, "what works on a step's pieces is none of its inputs"


@pytest.mark.slow
def test_boosting_of_all_rows(own_project: Project) -> None:
    """A partition that is lost while the trees grow: all begin again, and grow the same ones."""
    pytest.importorskip("xgboost")
    step = "train_random_forest"
    words = ["main.steps=" + step, "model=xgboost", "model.partitions=3", "model.rows=1000"]
    found = []
    for engine in ("local", "dask"):
        given = [*words, f"main.force=[{step}]"]
        if engine == "local":
            done = own_project.run("python", "main.py", *given)
            assert done.status == 0, done.out + done.err
            assert " got rank " not in done.out + done.err, "XGBoost prints it for each partition"
        else:
            run_with_losses(own_project, 2.5, *given, steps=(step,))
        found.append(own_project.artifacts())
        log = (own_project.root / "ml_pipeline.log").read_text("utf-8")
        assert "trained on 2,377 rows, and made ready and judged by a sample of 1,000" in log
        assert " (2,377): " in log, "the last fit of the learning curve is that of all rows"
    assert found[0] == found[1]


@pytest.mark.thorough
@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no table")
def test_the_real_table(fresh: Project, tmp_path: Path) -> None:
    words = [*REAL.split(), f"data.file_url={os.environ['REAL_DATA']}", "data.sha256=null"]
    alone = copy_project(tmp_path / "alone")
    done = alone.run("python", "main.py", *words)
    assert done.status == 0, done.out + done.err
    run_with_losses(fresh, 0.3, *words)
    assert fresh.artifacts() == alone.artifacts()


@pytest.mark.slow
def test_scoring_is_the_same(own_project: Project, tmp_path: Path) -> None:
    """The engine of a step that is started alone is that of conf/project.yaml."""
    words = ["--model=model_export:v0", "--input=assets/songs_sample.parquet"]
    settings = own_project.root / "conf" / "project.yaml"
    scored = []
    for name in ("local", "dask"):
        settings.write_text(f"engine: {{name: {name}}}\n", encoding="utf-8")
        file = tmp_path / f"{name}.parquet"
        command = ("python", "-m", "pipeline.commands.predict", *words, f"--output={file}")
        done = own_project.run(*command)
        assert done.status == 0, done.out + done.err
        assert ("Dask: " in done.out) == (name == "dask"), done.out
        scored.append(file.read_bytes())
    settings.unlink()
    assert scored[0] == scored[1]


@pytest.mark.slow
def test_monitoring_is_the_same(own_project: Project) -> None:
    words = ("main.action=monitor", "main.input=assets/songs_sample.parquet", "data.ks_alpha=0.5")
    told = []
    for engine in ("local", "dask"):
        done = own_project.run("python", "main.py", *words, f"engine={engine}")
        assert done.status == 0, done.out + done.err
        told.append([line for line in done.out.splitlines() if " · " in line])
    assert len(told[0]) > 20
    assert told[0] == told[1]
