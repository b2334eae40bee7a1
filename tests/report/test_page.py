"""The page: sections of what there is, one sentence for what is not and what makes it."""

import dataclasses
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from pipeline.report import page
from pipeline.report.report_data import ReportData
from tests.fakes.evaluation import evaluation, gate
from tests.fakes.recorded import EVIL, full, manifest, refused_table, step, whole

FULL = page.render(full())
UNDEFINED = {"value": None, "low": None, "high": None, "note": "one class"}


class Reader(HTMLParser):
    """What tests look for in a page: its tags in order, its ids, and its text by section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self._section = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self._section = str(dict(attrs)["id"])

    def handle_data(self, data: str) -> None:
        words = f"{self.text.get(self._section, '')} {' '.join(data.split())}"
        self.text[self._section] = re.sub(r" +([.,:;])", r"\1", " ".join(words.split()))


def read(facts: ReportData) -> Reader:
    return Reader(page.render(facts))


def test_every_section_and_every_picture_is_there() -> None:
    found = Reader(FULL)
    assert set(page.SECTIONS) - {"failed"} <= set(found.text)
    pictures = [attributes for tag, attributes in found.tags if tag == "svg"]
    assert len(pictures) == 8
    for attributes in pictures:
        assert str(attributes["aria-label"]).endswith(".")
        assert attributes["role"] == "img"
    assert len(page.render(full(classes=30))) < 2_000_000


def test_the_same_facts_make_the_same_page() -> None:
    assert page.render(full()) == FULL


def test_what_comes_from_data_is_text_and_never_markup() -> None:
    assert "<script" not in FULL
    assert FULL.count("&lt;script&gt;") > 10
    tags = {tag for tag, _ in Reader(FULL).tags}
    assert not tags & {"script", "img", "iframe", "object", "form"}
    assert "hunter2" not in FULL


def test_ids_are_used_once_and_links_lead_to_them() -> None:
    found = Reader(FULL)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"]) for tag, attributes in found.tags if tag == "a"]
    assert len(links) >= len(page.SECTIONS)
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_the_page_needs_nothing_but_itself() -> None:
    assert "default-src 'none'" in FULL
    assert not re.search(r"url\((?!#)|@import|(?:src|href)=\"(?!#|data:)", FULL)


def test_the_summary_says_the_verdict_the_figure_and_what_changed() -> None:
    text = Reader(FULL).text["summary"]
    assert "The model did not pass the gate. f1 of Pop 0.19 is below 0.25" in text
    assert re.search(r"AUC 0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", text)
    assert "Against run bbbbbbbb of 2026-01-01 03:04 UTC: 1 config value, no difference" in text
    assert "AUC +0.028" in text
    assert "17.9 % of the test rows have a match in train: rows equal in the key." in text
    assert "This test set has been used 4 times." in text
    assert "The weakest class is" in text


def test_a_headline_that_did_not_move_is_said_not_to_have_moved() -> None:
    found = full(2, 60)
    assert found.previous
    found.previous["steps"][-1]["metrics"]["auc"] = 0.928
    assert "AUC unchanged" in read(found).text["summary"]
    recorded = whole()
    same = ReportData(recorded, previous=recorded)
    assert "the same config, code and data, and the same metrics." in read(same).text["summary"]


def test_a_run_is_repeated_by_its_own_commands() -> None:
    text = Reader(FULL).text["run"]
    assert "python main.py data.test_size=0.3" in text
    assert f"python main.py main.action=verify main.run={'a' * 32}" in text


def test_secrets_in_overrides_are_masked_and_said_to_be() -> None:
    from pipeline.text.masking import masked

    words = ["data.file_url='https://u:hunter2@h/'"]
    text = read(ReportData(masked(manifest([step("a")], overrides=words)))).text["run"]
    assert "*** stands for a secret" in text
    assert "hunter2" not in text


def test_a_run_without_a_judged_model_says_so_and_which_command_makes_it() -> None:
    asked = ["main.steps=prepare", "data.test_size=0.2"]
    text = read(ReportData(manifest([step("prepare")], overrides=asked))).text
    assert {*text} & {*page.SECTIONS} == {"lineage", "run", "environment"}, "no empty sections"
    assert (
        "This run has nothing on results, gate and champion, data and how the rows were divided. "
        "This makes it: python main.py data.test_size=0.2" in text["summary"]
    )
    assert "There is no earlier run with the same steps" in text["summary"]
    assert "1 step ended well; no model was judged." in text["summary"]


def test_without_an_evaluation_the_record_s_metrics_are_shown_without_intervals() -> None:
    text = read(ReportData(whole(), lacks={"gate": "gate.json:v0 cannot be read: gone."})).text
    assert "These are the metrics that step judge recorded." in text["results"]
    assert "AUC 0.928" in text["results"]
    assert "not defined" in text["results"], "Rap has no AUC"
    assert "gate.json:v0 cannot be read: gone." in text["summary"]
    assert "no interval was measured" in text["summary"]


def test_the_figures_of_folds_are_beside_those_of_all_rows() -> None:
    recorded = whole()
    for judged in recorded["steps"]:
        if "per_class" in judged["tables"]:
            judged["metrics"] |= {"cv_auc": 0.91, "cv_auc_std": 0.02, "cv_auc_fold_1": 0.9}
    text = read(ReportData(recorded)).text["results"]
    assert "AUC 0.928 0.910 ± 0.020 over the folds" in text
    assert "cv" not in text


def test_a_failed_run_names_the_step_and_its_reason() -> None:
    recorded = manifest([step("prepare"), step("check", status="failed", error=f"3 failed {EVIL}")])
    recorded["config"]["main"]["steps"] = "all"
    recorded["config"]["steps"] |= {"judge": {}}
    text = read(ReportData(recorded)).text
    assert (
        "divided: step check failed before. When that is mended, this makes it:" in text["summary"]
    )
    assert f"Step check failed: 3 failed {EVIL}." in text["summary"]
    assert "judge not ended the run stopped before" in text["lineage"]
    assert "This run cannot be proved: step check failed" in text["run"]


def test_a_refused_table_begins_with_what_failed_and_pictures_against_the_reference() -> None:
    found = read(refused_table())
    sections = [str(held["id"]) for tag, held in found.tags if tag == "section"]
    assert sections[:2] == ["summary", "failed"]
    text = found.text["failed"]
    assert "2 checks of 4 failed" in text
    assert "Values of clean.csv:v1 against clean.csv:v0, the reference" in text
    assert f"{EVIL} of clean.csv:v1 against clean.csv:v0, the reference" in text
    assert "Missing" not in text, "the text has no gaps"
    assert "missing 0.0 % → 25.0 %" in page.render(refused_table())
    said = found.text["summary"]
    assert "check_data refuses clean.csv:v1: 2 of 4 checks failed." in said
    assert "divided: it was refused before. When that is mended, this makes it:" in said
    assert "8.3e-65 none failed" in found.text["data"], "p and no effect"


def test_labels_and_calibration_are_borne_in_mind() -> None:
    found = contents(
        overall=[{"metric": "ece", "value": 0.1, "low": 0.05, "high": 0.15, "note": None}],
        calibration=[{"class": "all", "predicted": [0.2, 0.8], "observed": [0.4, 1.0],
                      "rows": [1, 3]}],
    )  # fmt: skip
    assert found.certificate
    leak = {"check": "equal in the key, only with another target", "columns": "k", "share": 0.1,
            "suspicious": False}  # fmt: skip
    labels = {"check": "labels", "column": "genre", "expected": "at most 5.00%",
              "seen": "9 of 90 rows (10.00%)", "verdict": "warned"}  # fmt: skip
    found.manifest["steps"][1]["tables"] = {"checks": [labels]}
    certificate = {**found.certificate, "leaks": [leak]}
    text = read(dataclasses.replace(found, certificate=certificate)).text["summary"]
    assert "Labels contradict each other: 9 of 90 rows (10 %); at most 5 % is expected." in text
    assert "10.0 % of the test rows equal train rows in the key and have another target" in text
    assert "are too low: 0.65 on average where 0.85 of the predictions are right" in text
    assert "they miss by 0.10 (0.05 to 0.15). Where they matter" in text
    sure = contents(overall=[{"metric": "ece", "value": 0.1, "low": 0.01, "high": 0.2,
                              "note": None}])  # fmt: skip
    assert "gate.metric" not in read(sure).text["summary"]


def test_a_run_of_which_no_step_left_a_record() -> None:
    text = read(ReportData(manifest([]))).text
    assert "The run stopped before prepare ended." in text["summary"]
    assert "how the rows were divided and lineage: it stopped before." in text["summary"]
    assert "This run cannot be proved: no step of it ended" in text["run"]


def test_a_run_outside_git_and_one_with_changes() -> None:
    nowhere = {"commit": None, "patch": "", "left_out": [], "lock": None}
    assert (
        "not made from a commit"
        in read(ReportData(manifest([step("a")], code=nowhere))).text["run"]
    )
    patch = "diff --git a/x.py b/x.py\n+secret"
    code = {"commit": "c" * 40, "patch": patch, "left_out": ["big.bin"], "lock": None}
    text = read(ReportData(manifest([step("a")], code=code))).text["run"]
    assert "in x.py; new files that it does not keep: big.bin" in text
    assert "secret" not in text


def test_the_card_of_the_model_has_its_figures_limits_and_origin() -> None:
    found = dataclasses.replace(full(3, 90), card="# Model card: ours\n\n## What it is for\n\nX\n")
    made = page.pages(found)
    assert list(made) == ["report.html", "model_card.md", "model_card.html"]
    assert made["report.html"] == page.render(found)
    text = made["model_card.md"]
    assert text.startswith("# Model card: ours\n\n## What it is for\n\nX\n\n## How good it is\n")
    for said in (
        "**Refused.** The model did not pass the gate.\n\n- f1 of Pop 0.19 is below 0.25",
        "On 90 test rows; in brackets 95 % intervals.",
        "| AUC | 0.",
        "| class 2 | ",
        "- 17.9 % of the test rows have a match in train: rows equal in the key.",
        "| licence | unknown |",
        "| how its rows were divided | stratified over genre: 700 to train and 300 to test |",
        "| model | model_export:v0, digest model_export0 |",
        "| proof | python main.py main.action=verify main.run=aaaaaaaa",
    ):
        assert said in text
    html = made["model_card.html"]
    assert "<title>Refused: Model card: ours</title>" in html
    assert "<script" not in html
    assert "hunter2" not in html + text
    assert 'aria-label="Each class"><table>' in html


def test_a_model_of_an_older_release_has_a_card_and_a_run_without_a_model_none() -> None:
    begin = "# Model card: About model_export"
    assert page.pages(full(2, 60))["model_card.md"].startswith(begin)
    assert list(page.pages(ReportData(manifest([step("a")])))) == ["report.html"]


def contents(**facts: Any) -> ReportData:
    two = full(classes=2, rows=60)
    return dataclasses.replace(two, evaluation={**two.evaluation, **facts}, gate=gate())


@pytest.mark.parametrize(
    "facts",
    [
        {"roc": [], "precision_recall": [], "calibration": [], "importances": [], "slices": []},
        {"per_class": [], "confusion": [[0, 0], [0, 0]]},
        {"overall": [{"metric": "auc"} | UNDEFINED]},
        {"roc": [{"class": "a", "x": [], "y": []}]},
        {"precision_recall": [{"class": "a", "x": [], "y": []}]},
        {"calibration": [{"class": "a", "predicted": [], "observed": [], "rows": []}]},
        {"overall": []},
    ],
)
def test_parts_that_an_evaluation_lacks_are_no_error(facts: dict[str, Any]) -> None:
    assert "Results" in page.render(contents(**facts))


def test_a_class_that_the_test_rows_do_not_have() -> None:
    found = full(2, 60)
    truth, probabilities = [0, 0, 1, 1], [[0.9, 0.1, 0.0]] * 2 + [[0.2, 0.7, 0.1]] * 2
    made = evaluation(np.array(truth), np.array(probabilities), ["a", "b", "gone"])
    text = read(dataclasses.replace(found, evaluation=made)).text["results"]
    assert "gone 0 not defined a 0.000" in text
    assert "a no rows of it." in text, "said once, below the table"


def test_more_classes_than_can_be_drawn_are_in_the_tables() -> None:
    text = read(full(classes=61, rows=400)).text["results"]
    assert "The pictures leave out 1 of 61 classes" in text
    assert "class 60" in text


def test_a_gate_without_a_champion_or_thresholds() -> None:
    decided = gate() | {"champion": None, "comparison": None, "thresholds": [], "promoted": False}
    text = read(dataclasses.replace(full(2, 60), gate=decided)).text["gate"]
    assert "The model passed the gate." in text
    assert "There was no champion to compare with." in text
    assert "No thresholds are set." in text
