"""In what two runs differ."""

from typing import Any

from pipeline.report.differences import changed, differences, flat, plain, several
from tests.fakes.recorded import artifact, manifest, step, whole


def test_equal_runs_differ_in_nothing() -> None:
    found = differences(whole(), whole(run="b" * 32))
    assert found.is_empty
    assert {row["difference"] for row in found.metrics} == {0.0}


def test_config_names_what_differs_and_not_how_it_was_run() -> None:
    now, before = whole(), whole()
    now["config"]["data"]["test_size"] = 0.2
    now["config"]["main"]["action"] = "verify"
    before["config"]["data"]["gone"] = 1
    assert differences(now, before).config == [
        {"name": "data.test_size", "before": 0.3, "now": 0.2},
        {"name": "data.gone", "before": 1, "now": "not set"},
    ]


def test_what_steps_repeat_from_elsewhere_is_said_once() -> None:
    config = {"data": {"size": 0.2}, "steps": {"a": {"size": 0.2, "name": "own"}}}
    assert plain(config) == {"data.size": 0.2, "steps.a.name": "own"}


def test_code_and_packages() -> None:
    now = whole(packages={"numpy": "3"})
    now["code"] = now["code"] | {"commit": None, "patch": "diff --git a/x y.py b/x y.py\n+1"}
    before = whole(packages={"numpy": "2", "scipy": "1"})
    rows = {row["name"]: (row["before"], row["now"]) for row in differences(now, before).code}
    assert rows == {
        "commit": ("c" * 12, "none"),
        "uncommitted changes": ("none", "x y.py, 3491ab1c4aac"),
        "numpy": ("2", "3"),
        "scipy": ("1", "not there"),
    }
    assert changed(now["code"]["patch"]) == ["x y.py"]


def test_data_and_metrics_of_steps_that_both_have() -> None:
    def run(version: int, rows: int, f1: float, **more: float) -> dict[str, Any]:
        made = [artifact("t.csv", "data", version, rows)]
        return manifest([step("judge", outputs=made, metrics={"f1": f1, "f1/Pop": 0.1, **more})])

    found = differences(run(1, 2000, 0.6, auc=0.9), run(0, 1000, 0.5))
    assert found.data == [
        {"name": "t.csv", "before": "t.csv:v0, 1,000 rows, t.csv0",
         "now": "t.csv:v1, 2,000 rows, t.csv1"}
    ]  # fmt: skip
    (row,) = found.metrics
    assert (row["metric"], round(row["difference"], 6)) == ("f1", 0.1)


def test_flat_keeps_lists_and_empty_mappings() -> None:
    assert flat({"a": {"b": [1], "c": {}}, "d": None}) == {"a.b": [1], "a.c": {}, "d": None}


def test_of_several_runs_what_is_not_the_same_in_all_with_the_value_in_each() -> None:
    runs = [whole(), whole(packages={"numpy": "3"}), whole()]
    runs[2]["config"]["data"]["test_size"] = 0.2
    runs[1]["steps"][0]["outputs"][0] |= {"digest": "f" * 64, "version": 7}
    found = several(runs)
    assert found["config"] == [("data.test_size", [0.3, 0.3, 0.2])]
    assert found["code"] == []
    assert ("numpy", ["2.4.6", "3", "2.4.6"]) in found["packages"]
    one = "clean.csv:v0, 1,000 rows, clean.csv0"
    other = f"clean.csv:v7, 1,000 rows, {'f' * 12}"
    assert found["data"] == [("clean.csv", [one, other, one])]


def test_an_artifact_that_a_run_lacks_is_no_difference_between_the_others() -> None:
    runs = [whole(), whole(), manifest([step("judge")])]
    assert several(runs)["data"] == []
