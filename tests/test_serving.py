"""An exported model behind `mlflow models serve`: every form of payload, good and bad."""

import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import requests
import skops.io
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF

from pipeline.models import pyfunc
from tests.conftest import clean_environment, program_words
from tests.zoo import ASKED, MLFLOW_WARNS, expected, export, fitted, made_up

pytestmark = [*MLFLOW_WARNS, pytest.mark.slow]

FORMS = ["dataframe_split", "dataframe_records", "instances", "inputs", "inputs records", "csv"]


@pytest.fixture(scope="module")
def model() -> Any:
    return fitted()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("model") / "export")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def serve(folder: Path, port: int) -> subprocess.Popen[str]:
    """Start MLflow's server as a person would, far from the repository."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # MLflow's own loader for scikit-learn would refuse then: ours is no part of it.
    ours = {"PATH": path, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    words = ["mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local"]
    return subprocess.Popen(
        [*words, "--host", "127.0.0.1", "--port", str(port)], cwd=folder.parent, text=True,
        env=clean_environment() | ours, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    port = free_port()
    process = serve(folder, port)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, process.communicate()[0]
            try:
                requests.get(f"{address}/ping", timeout=5).raise_for_status()
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield f"{address}/invocations"
    finally:
        process.terminate()
        process.communicate()


def post(server: str, payload: Any) -> requests.Response:
    if isinstance(payload, str):
        return requests.post(server, payload.encode(), headers={"Content-Type": "text/csv"})
    return requests.post(
        server, json.dumps(payload), headers={"Content-Type": "application/json"}, timeout=60
    )


def payload(rows: pd.DataFrame, form: str) -> Any:
    """Return the rows in one of MLflow's forms, missing values as null."""
    if form == "csv":
        return rows.to_csv(index=False)
    plain = rows.astype(object).where(rows.notna(), None)
    if form == "dataframe_split":
        return {form: {"columns": list(plain), "data": plain.to_numpy().tolist()}}
    if form == "inputs":
        return {form: plain.to_dict(orient="list")}
    return {form.split()[0]: plain.to_dict(orient="records")}


def wanted(model: Any, rows: pd.DataFrame) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = expected(model, rows).to_dict(orient="records")
    return answer


def answers(response: requests.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    content: list[dict[str, Any]] = response.json()["predictions"]
    return content


def gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a value missing in every column, each in a row of its own."""
    holed = rows.astype(object).where(rows.notna(), None)
    for number, name in enumerate(holed):
        holed.loc[number, name] = None
    return holed


ROWS = made_up(12, seed=1)[ASKED]
GOOD = {
    "as trained": ROWS,
    "reordered": ROWS[ASKED[::-1]],
    "more columns": ROWS.assign(other="x", kind=None),
    "gaps": gaps(ROWS),
    "integers as floats": ROWS.astype({"age": float, "level": float}),
    "floats as integers": ROWS.assign(size=2),
    "unknown categories": ROWS.assign(shape="square", level=99),
    "one row": ROWS.head(1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", GOOD.values(), ids=GOOD)
def test_right_answers(server: str, model: Any, form: str, rows: pd.DataFrame) -> None:
    typed = rows.astype({"level": float, "age": float, "size": float})
    assert answers(post(server, payload(rows, form))) == wanted(model, typed)


@pytest.mark.parametrize("form", [f for f in FORMS if f != "csv"])
def test_words_that_json_does_not_know(server: str, model: Any, form: str) -> None:
    text = json.dumps(payload(ROWS, form))
    assert "null" in text
    sent = json.loads(text.replace("null", "NaN"))  # Python reads and writes it
    assert answers(post(server, sent)) == wanted(model, ROWS)


@pytest.mark.parametrize("form", FORMS)
def test_an_optional_column_may_be_absent(server: str, model: Any, form: str) -> None:
    rows = ROWS.drop(columns=["size", "title"])
    full = rows.assign(size=np.nan, title=None)
    assert answers(post(server, payload(rows, form))) == wanted(model, full)


def test_the_example_beside_the_model(server: str, folder: Path, model: Any) -> None:
    text = (folder / "serving_input_example.json").read_text()
    assert "NaN" not in text
    sent = json.loads(text)
    rows = pd.DataFrame(**sent["dataframe_split"])
    assert rows.isna().any(axis=None)
    found = answers(post(server, sent))
    assert found == wanted(model, rows)


def test_the_text_as_preprocess_makes_it(server: str, model: Any) -> None:
    rows = made_up(12, seed=1)[[*ASKED[:5], "words"]]
    found = answers(post(server, payload(rows, "dataframe_records")))
    assert found == wanted(model, ROWS)


def test_many_rows(server: str, model: Any) -> None:
    rows = made_up(100_000, seed=2)[ASKED]
    found = answers(post(server, payload(rows, "dataframe_split")))
    pd.testing.assert_frame_equal(pd.DataFrame(found), expected(model, rows), check_exact=True)


def without(name: str) -> pd.DataFrame:
    return ROWS.drop(columns=name)


BAD = [
    (without("age"), "missing inputs ['age']"),
    (without("title").drop(columns="name"), "'words' is missing: it is title and name joined by"),
    (ROWS.assign(age="old"), "old"),
    (ROWS.assign(wild="maybe"), "'wild' must be boolean: row 0 holds 'maybe', 12 in all"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("rows", "said"), BAD)
def test_refused(server: str, form: str, rows: pd.DataFrame, said: str) -> None:
    response = post(server, payload(rows, form))
    assert response.status_code == 400
    assert said in response.json()["message"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"dataframe_records": []}, "missing inputs"),
        (payload(ROWS.head(0), "dataframe_split"), "there are no rows to predict"),
        (payload(ROWS.head(0), "csv"), "there are no rows to predict"),
        (payload(ROWS.assign(size=np.inf), "dataframe_split"), "'size' must be a finite number"),
        (
            payload(ROWS.assign(shape=5), "dataframe_split"),
            "'shape' must be text: row 0 holds 5, 12 in all",
        ),
        ({"rows": [1]}, "must be a JSON dictionary with exactly one of the input fields"),
        ({"dataframe_split": payload(ROWS, "dataframe_split"), "inputs": 1}, "exactly one of"),
        ("", "Failed to parse input as a Pandas DataFrame"),
    ],
)
def test_refused_whatever_it_is(server: str, sent: Any, said: str) -> None:
    response = post(server, sent)
    assert response.status_code == 400
    assert said in response.json()["message"]


def test_no_json_and_no_known_type(server: str) -> None:
    kinds = {"application/json": 400, "text/plain": 415}
    for kind, status in kinds.items():
        response = requests.post(server, b"{", headers={"Content-Type": kind}, timeout=60)
        assert response.status_code == status


TITLES = ["shape", "title", "name"]
SENT = ["5", "-0.5", "true", "[1, 2]", "[]", '{"a": 1}', '[{"a": [1]}]', '""', '"2020-01-01"']
SENT += ["1" * 400, "1e999", "-Infinity", "1e39", '"1e999"', f'"{500 * "x"}"', r'"\ud800"']
NUMBERS = ["5", "-0.5", "true"]  # MLflow makes a number of a boolean
TAKEN = {"age": NUMBERS, "size": NUMBERS, "level": [*NUMBERS, "1e39"], "wild": ["true"]} | {
    column: [text for text in SENT if text[0] == '"' and "ud800" not in text] for column in TITLES
}


@pytest.mark.parametrize("column", TAKEN)
@pytest.mark.parametrize("form", ["dataframe_split", "dataframe_records", "instances", "inputs"])
def test_an_unfit_value(server: str, form: str, column: str) -> None:
    rows = ROWS.head(2).astype(object)
    rows.loc[1, column] = "HERE"
    text = json.dumps(payload(rows, form))
    for value in SENT:
        sent = text.replace('"HERE"', value).encode()
        response = requests.post(server, sent, headers={"Content-Type": "application/json"})
        content = response.json()
        assert "stack_trace" not in content, value
        if form in ("instances", "inputs") and column in TITLES:  # MLflow makes a text of it
            continue
        assert response.status_code == (200 if value in TAKEN[column] else 400), value
        if response.status_code == 400 and form.startswith("dataframe") and "ud800" not in value:
            words = [f"column {column!r} must be ", f"the largest: {{'{column}': 1e+39}}"]
            words += [f"Failed to convert column {column} to type 'float64'"]  # MLflow's
            assert any(word in content["message"] for word in words), value


def test_python_and_server_say_the_same(folder: Path, model: Any) -> None:
    done = subprocess.run(
        program_words("predict_served.py", folder), input=ROWS.to_json(orient="split"),
        capture_output=True, text=True, check=True, cwd=folder.parent, env=clean_environment(),
    )  # fmt: skip
    got = pd.read_json(io.StringIO(done.stdout))
    pd.testing.assert_frame_equal(got, expected(model, ROWS), atol=1e-12, rtol=0)


def test_the_server_does_not_start_with_another_model(folder: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(folder, tmp_path / "changed")
    file = changed / pyfunc.ABOUT
    about = json.loads(file.read_text())
    about["golden"]["answers"][2][1] += 1e-6
    file.write_text(json.dumps(about))
    process = serve(changed, free_port())
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert re.match(
        r"error: 1 of \d+ golden rows are not predicted as when the model was exported, first row "
        r"2: probability_cat \S+ instead of \S+; the packages are not those of", line
    )  # fmt: skip
    assert said.index(line) < said.index("Traceback") < said.index("Return code = 1")  # MLflow's


def other_model(folder: Path) -> None:
    skops.io.dump(fitted(seed=8), folder / pyfunc.MODEL)


def untrusted(folder: Path) -> None:
    skops.io.dump({"model": GaussianProcessClassifier(RBF())}, folder / pyfunc.MODEL)


def no_skops(folder: Path) -> None:
    (folder / pyfunc.MODEL).write_bytes(b"no zip file")


def cut(folder: Path) -> None:
    file = folder / pyfunc.ABOUT
    file.write_text(file.read_text()[:100])


def gone(folder: Path) -> None:
    (folder / "MLmodel").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (other_model, r"\d+ of \d+ golden rows are not predicted as when the model was exported"),
        (untrusted, r"holds types that are not trusted: .*RBF"),
        (no_skops, r"is damaged \(BadZipFile.*get it from the artifact store again"),
        (cut, r"is damaged \(JSONDecodeError"),
        (gone, r"is damaged \(FileNotFoundError"),
    ],
)
def test_a_damaged_folder_is_refused(
    folder: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    changed = shutil.copytree(folder, tmp_path / "changed")
    pyfunc.load(changed)
    damage(changed)
    with pytest.raises(pyfunc.UnfitError, match=said):
        pyfunc.load(changed)


def test_the_loader_is_the_one_of_this_repository(folder: Path) -> None:
    (copy,) = (folder / "code").glob("*.py")
    content = Path(pyfunc.__file__).read_bytes()
    assert copy.read_bytes() == content
    assert copy.stem == f"served_{hashlib.sha256(content).hexdigest()[:12]}"
