"""The forms of names: what each takes, up to its border, and what it refuses in one line."""

import pytest

from pipeline.errors import InputError
from pipeline.store.drafts import Draft
from pipeline.store.names import FORMS, check
from tests.processes import ROOT

LONG = "x" * 128
TAKEN = {
    "reference": ["t.csv", "t.csv:latest", "t.csv:v3", f"{LONG}:{LONG}", "..a:b"],
    "artifact": ["model_export", "a", "a-b.c_D9", LONG],
    "looked_up": ["checks.json"],
    "table": ["t.csv", "t.parquet", f"{'x' * 120}.parquet"],
    "artifact_root": ["data", "x" * 111],
    "artifact_type": ["raw_data", "raw data", "jobs", LONG],
    "format": ["csv", "parquet"],
    "project": ["songs", "my project", LONG],
    "registered_model": ["songs"],
    "experiment": ["dev", "try 3 / long", "x" * 100],
    "champion": ["model_export:champion", "m:a-b_2"],
    "place": ["artifacts", "s3://bucket/prefix", "/tmp/x"],
}
PATHS = [
    "/abs/x.csv",
    "../x.csv",
    "a/b.csv",
    "..",
    ".",
    "",
    "a b.csv",
    "a\n.csv",
    "a\0.csv",
    "é.csv",
]
REFUSED = {
    "reference": [*PATHS, "a:b:c", "a:", ":a", f"{LONG}x", f"a:{LONG}x"],
    "artifact": [*PATHS, "model_export:v9", "m:latest", f"{LONG}x"],
    "looked_up": [*PATHS, "checks.json:v0"],
    "table": [*PATHS, "t.txt", "t", "csv", "t.csv:v0", "t.csv.gz", "T.CSV"],
    "artifact_root": [*PATHS[:3], "a b", "data:v1", "x" * 112],
    "artifact_type": ["", " ", "a/b", "a:b", "job", "code", "wandb-x", f"{LONG}x", "a\nb"],
    "format": ["xml", "", "CSV", ".csv"],
    "project": ["", " ", "a/b", "a\\b", "a#b", "a?b", "a%b", "a:b", "a\nb", f"{LONG}x", ".."],
    "registered_model": ["it's", "a/b", "a:b", ""],
    "experiment": ["", " ", "a\nb", "x" * 101, "a\x1b[1m"],
    "champion": ["m", "m:Latest", "m:v3", "m:V3", "m:007", "m:5", "m:v007", "m:a.b", "a/b:c"],
    "place": ["", " ", "a\nb"],
}  # fmt: skip


def test_every_form_is_tried() -> None:
    assert set(FORMS) == set(TAKEN) == set(REFUSED)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_form_takes_and_refuses(form: str) -> None:
    for text in TAKEN[form]:
        assert check(form, text, "key") == text
    for text in REFUSED[form]:
        with pytest.raises(InputError) as caught:
            check(form, text, "main.key")
        line = str(caught.value)
        assert line == f"main.key must be {FORMS[form][1]}, got {text!r}"
        assert "\n" not in line


@pytest.mark.parametrize("name", [*REFUSED["artifact"]])
def test_no_output_has_a_name_that_leads_elsewhere(name: str) -> None:
    with pytest.raises(InputError, match="the name of an output must be a name of"):
        Draft(name, ROOT, "table", "", {})
