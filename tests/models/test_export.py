import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import Matern
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from pipeline.config.model import TRUSTED_TYPES
from pipeline.errors import InputError
from pipeline.models import export
from pipeline.models.features import features_of, model_input
from tests.fakes.majority import Majority
from tests.processes import program

pytestmark = [  # of mlflow: its own type hints, and a comparison that pandas will change
    pytest.mark.filterwarnings("ignore:.*type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),
]


def made_up(rows=40):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "kind": random.choice(["cat", "dog"], rows),
            "size": [*random.random(rows - 1), np.nan],
            "shape": random.choice(["round", "long"], rows),
            "level": random.integers(0, 3, rows),
            "words": random.choice(["one two", "three", ""], rows),
        }
    )


def fitted(estimator=None):
    tracks = [
        ("numeric", SimpleImputer(), ["size"]),
        ("categorical", OrdinalEncoder(), ["level", "shape"]),
        ("text", TfidfVectorizer(), "words"),
    ]
    forest = RandomForestClassifier(5, random_state=0)
    columns = ColumnTransformer(tracks, sparse_threshold=0)
    pipeline = Pipeline([("features", columns), ("estimator", estimator or forest)])
    table = made_up()
    return pipeline.fit(model_input(table, features_of(pipeline)), table["kind"].to_numpy())


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "export"
    export.export(fitted(), folder, made_up(), "kind", card="# Card\n")
    return folder


def test_the_loaded_model_predicts_the_same(exported):
    table = made_up()
    loaded = export.load(exported)
    for found, expected in zip(
        export.predict(loaded, table), export.predict(fitted(), table), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_the_export_has_signature_example_requirements_and_target(exported):
    mlmodel = yaml.safe_load((exported / "MLmodel").read_text())
    files = [path for path in exported.rglob("*") if path.is_file() and path.name != "MLmodel"]
    assert (exported / "model_card.md").read_text() == "# Card\n"
    assert mlmodel["model_size_bytes"] == sum(path.stat().st_size for path in files)
    inputs = yaml.safe_load(mlmodel["signature"]["inputs"])
    assert [(c["name"], c["type"], c["required"]) for c in inputs] == [
        ("size", "double", False),  # it has a gap
        ("level", "double", True),  # integers, which may have one when the model is served
        ("shape", "string", True),
        ("words", "string", True),
    ]
    outputs = yaml.safe_load(mlmodel["signature"]["outputs"])
    assert [(c["name"], c["type"]) for c in outputs] == [
        ("prediction", "string"),
        ("probability_cat", "double"),
        ("probability_dog", "double"),
    ]
    assert len(yaml.safe_load((exported / "input_example.json").read_text())["data"]) == 5
    names = [line.split("==")[0] for line in (exported / "requirements.txt").read_text().split()]
    assert names == list(export.REQUIREMENTS)
    assert export.target_of(exported) == "kind"


@pytest.mark.slow
def test_loading_does_not_import_mlflow(exported):
    done = program("load_model.py", exported)
    assert done.status == 0, done.err


def test_a_type_that_is_not_trusted_is_neither_exported_nor_loaded(tmp_path):
    import skops.io

    pipeline = fitted(GaussianProcessClassifier(Matern(), optimizer=None))
    with pytest.raises(InputError, match=r"GaussianProcessClassifier cannot be exported.*Matern"):
        export.export(pipeline, tmp_path / "export", made_up(), "kind")
    skops.io.dump(pipeline, tmp_path / export.MODEL_FILE)
    with pytest.raises(InputError, match=r"types that are not trusted: .*Matern"):
        export.load(tmp_path)


def test_a_class_of_ones_own_is_exported_and_loaded_once_it_is_trusted(tmp_path):
    import skops.io

    pipeline, folder = fitted(Majority()), tmp_path / "export"
    with pytest.raises(InputError, match=r"majority\.Majority; .* model\.trusted_types"):
        export.export(pipeline, tmp_path / "no", made_up(), "kind")
    own = skops.io.get_untrusted_types(data=skops.io.dumps(pipeline))
    trusted = [*TRUSTED_TYPES, *own]
    export.export(pipeline, folder, made_up(), "kind", trusted)
    with pytest.raises(InputError, match=r"not trusted: tests\.fakes\.majority\.Majority"):
        export.load(folder)
    loaded = export.predict(export.load(folder, trusted), made_up())
    np.testing.assert_array_equal(loaded[0], export.predict(pipeline, made_up())[0])


def test_a_lost_signature_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export.serving, "signature", lambda *_: False)
    with pytest.raises(InputError, match="no signature"):
        export.export(fitted(), tmp_path / "export", made_up(), "kind")


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no model\.skops"):
        export.load(tmp_path)
    with pytest.raises(InputError, match="holds no MLmodel"):
        export.target_of(tmp_path)
    (tmp_path / export.MODEL_FILE).write_bytes(b"<html>")
    with pytest.raises(InputError, match="is not a skops file"):
        export.load(tmp_path)
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    with pytest.raises(InputError, match=r"no metadata\.target"):
        export.target_of(tmp_path)


def test_a_table_without_rows_is_refused():
    with pytest.raises(InputError, match="no rows"):
        export.predict(fitted(), made_up().head(0))
