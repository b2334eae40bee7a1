"""XGBoost on all rows of a table, in partitions."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

pytest.importorskip("xgboost", reason="needs uv sync --extra xgboost")

from pipeline.context import LOCAL
from pipeline.engines import together
from pipeline.engines.engine import Engine
from pipeline.engines.together import BrokenError
from pipeline.errors import InputError
from pipeline.models import export
from pipeline.splits.division import Division
from pipeline.tables import chunks, table_files
from tests import typed, zoo
from train_random_forest import partitions, train
from train_random_forest.partition_fit import PartitionFit

FEATURES = {"numeric": ["size", "age"], "categorical": ["shape", "level"], "text": "words"}
ROWS = 600
TABLE = zoo.made_up(ROWS).assign(
    group=np.arange(ROWS) // 3, when=np.arange(ROWS), weight=np.arange(ROWS) % 7 + 0.5
)
METHODS: list[dict[str, Any]] = [
    {"method": "stratified", "stratify": "kind"},
    {"method": "random"},
    {"method": "group", "group_by": ["group"], "stratify": "kind"},
    {"method": "time", "time_column": "when", "gap": 20.0},
    {"method": "hash"},
]


def source(folder: Path, table: pd.DataFrame = TABLE) -> table_files.Source:
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    return table_files.Source(folder / "t.parquet", table_files.write(arrow, folder / "t.parquet"))


def all_rows(folder: Path, number: int = 3, **how: Any) -> partitions.AllRows:
    how = how or METHODS[0]
    return partitions.AllRows(source(folder), Division(0.25, 7, **how), number)


def fitted(
    rows: partitions.AllRows, folder: Path, target: str = "kind", most: int = 400, **given: Any
) -> Any:
    """Fit by the first rows of the table as the sample."""
    kind = "XGBClassifier" if target != "weight" else "XGBRegressor"
    model = {"_target_": f"xgboost.{kind}", "n_estimators": 8, **given}
    pipeline = typed.pipeline(FEATURES, {"estimator": model})
    sample = TABLE.head(most)
    fit, judge = rows.of_sample(np.arange(most), most)
    engine = Engine(LOCAL, folder, None)  # type: ignore[arg-type]  # it tells nothing
    return rows.fit(pipeline, sample.iloc[fit], target, sample.iloc[judge], engine)


@pytest.mark.parametrize("how", METHODS, ids=lambda how: how["method"])
def test_each_row_that_fits_is_in_one_partition_and_none_that_judges(
    tmp_path: Path, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "PIECE", 70)
    rows = all_rows(tmp_path, 4, **how)
    held: list[list[int]] = [[] for _ in range(4)]
    for partition, piece in rows._pieces_of(["when"])():
        held[partition] += piece["when"].to_pylist()
    assert sorted(chain.from_iterable(held)) == rows.fitting.tolist()
    assert max(map(len, held)) - min(map(len, held)) <= 1
    fit, judge = rows.of_sample(np.arange(0, ROWS, 2), ROWS // 2)
    assert set(2 * fit) <= set(rows.fitting)
    assert not {*(2 * judge)} & {*rows.fitting}
    in_neither = 20 if how["method"] == "time" else 0
    assert len(fit) + len(judge) == ROWS // 2 - in_neither // 2
    if how["method"] == "group":
        assert not {*(2 * judge // 3)} & {*(rows.fitting // 3)}


@pytest.mark.slow
def test_the_model_depends_on_the_partitions_and_not_on_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"subsample": 0.7, "colsample_bytree": 0.8}
    models = {n: fitted(all_rows(tmp_path, n), tmp_path, **given)[-1].sha256_ for n in (1, 2, 3)}
    assert len({*models.values()}) == 3
    monkeypatch.setattr(chunks, "PIECE", 50)
    assert fitted(all_rows(tmp_path, 3), tmp_path, **given)[-1].sha256_ == models[3]


def test_one_partition_is_the_usual_fit(tmp_path: Path) -> None:
    rows = all_rows(tmp_path, 1)
    fit, judge = rows.of_sample(None, ROWS)
    for given in ({}, {"early_stopping_rounds": 2, "n_estimators": 60}):
        alone = {"_target_": "xgboost.XGBClassifier", "n_estimators": 8, **given}
        pipeline = typed.pipeline(FEATURES, {"estimator": alone})
        usual = train.fit(pipeline, TABLE.iloc[fit], "kind", TABLE.iloc[judge])
        model = fitted(rows, tmp_path, most=ROWS, **given)
        assert np.array_equal(model.predict_proba(TABLE), usual.predict_proba(TABLE)), given
        assert model[-1].feature_importances_ == pytest.approx(usual[-1].feature_importances_)


@pytest.mark.parametrize("target", ["kind", "wild", "weight"])
def test_it_learns_from_rows_that_are_not_in_the_sample(tmp_path: Path, target: str) -> None:
    """Of three classes, of two, and numbers."""
    rows = all_rows(tmp_path, 3)
    model = fitted(rows, tmp_path, target, most=120, n_estimators=40)
    others = TABLE.iloc[rows.fitting[rows.fitting >= 120]]
    said, truth = model.predict(others), others[target].to_numpy()
    if target == "weight":
        assert np.corrcoef(said, truth)[0, 1] > 0.8
    else:
        assert (said == truth).mean() > (0.9 if target == "kind" else 0.75)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_is_exported_and_stops_early(tmp_path: Path) -> None:
    rows = all_rows(tmp_path, 3)
    model = fitted(rows, tmp_path, early_stopping_rounds=2, n_estimators=300)
    long = fitted(rows, tmp_path, n_estimators=300)
    assert len(model[-1].model_) < len(long[-1].model_) / 2
    assert model[-1].categorical_features == [2, 3]
    export.export(model, tmp_path / "model", TABLE, "kind")
    loaded = export.load(tmp_path / "model")
    said = export.predict(model, TABLE)[0]
    assert np.array_equal(said, export.predict(loaded, TABLE)[0])
    assert roc_auc_score(TABLE["kind"], said, multi_class="ovo") > 0.9


@pytest.mark.parametrize(
    ("given", "line"),
    [({"tree_method": "exact"}, "XGBClassifier: .*exact"),
     ({"max_depth": -3}, "XGBClassifier: value -3 for Parameter max_depth"),
     ({"booster": "gblinear"}, "XGBClassifier: ")],
)  # fmt: skip
def test_what_xgboost_refuses_is_one_line(tmp_path: Path, given: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        fitted(all_rows(tmp_path, 2), tmp_path, **given)
    assert "\n" not in str(caught.value)


def test_rows_that_do_not_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model.partitions=1000: only 450 rows fit the model"):
        all_rows(tmp_path, 1000)
    by_time = all_rows(tmp_path, 2, method="time", time_column="when")
    with pytest.raises(InputError, match=r"model.rows=100: the sample has 100 rows that fit and 0"):
        by_time.of_sample(np.arange(100), 100)
    rare = TABLE.assign(kind=np.where(np.arange(ROWS) > 500, "emu", TABLE["kind"]))
    rows = partitions.AllRows(source(tmp_path, rare), Division(0.25, 7), 2)
    with pytest.raises(InputError, match=r"no row that fits of kind=emu; give more rows"):
        fitted(rows, tmp_path)


class FailsInOne(PartitionFit):
    def _fitted(self, held: Any, partition: int) -> Any:
        if partition == 1:
            raise InputError("partition 1: no numbers")
        return super()._fitted(held, partition)


def test_the_error_of_one_partition_is_told_and_ends_the_others(tmp_path: Path) -> None:
    booster = typed.pipeline(FEATURES, {"estimator": {"_target_": "xgboost.XGBRegressor"}})[-1]
    booster.categorical_features = None
    job = FailsInOne(3, None, None, booster, "weight", None)  # type: ignore[arg-type]
    rows = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    held = [(rows, rows[:, 0])]
    with together.meeting(together.HERE, 3) as group, ThreadPoolExecutor(3) as pool:
        own = [{**group, "dmlc_task_id": str(n)} for n in range(3)]
        errors = [f.exception() for f in [pool.submit(job.work, held, n, own[n]) for n in range(3)]]
    assert [type(error) for error in errors] == [BrokenError, InputError, BrokenError]
    with (
        together.meeting(together.HERE, 3) as group,
        pytest.raises(InputError, match=r"^partition 1"),
    ):
        together.in_threads(job, dict.fromkeys(range(3), held), group)


FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier"}
BOOSTER = {"_target_": "xgboost.XGBClassifier"}


@pytest.mark.parametrize(
    ("model", "line"),
    [({"estimator": FOREST}, "only XGBoost is fitted in partitions, not sklearn.ensemble"),
     ({"estimator": BOOSTER, "folds": 3}, "goes without model.folds=3"),
     ({"estimator": BOOSTER, "calibrate": "sigmoid"}, "goes without model.calibrate=sigmoid")],
)  # fmt: skip
def test_what_does_not_go_with_partitions(model: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=f"model.partitions=2.*{line}"):
        typed.pipeline(FEATURES, {**model, "partitions": 2})
