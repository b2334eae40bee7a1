"""The card of a model: what training writes of it, the same for equal models, and as text."""

import dataclasses

from markdown_it import MarkdownIt

from pipeline.config.model import Features
from pipeline.judging.model_card import Training, bullets, inline, parts, table, training

FACTS = Training(
    target="genre",
    classes=["Rap", "R*B", 3],
    features=Features(numeric=["duration_ms"], categorical=["key"], text="words"),
    made_from=["title", "name"],
    estimator={"_target_": "sklearn.ensemble.RandomForestClassifier", "n_jobs": -1,
               "max_depth": None, "criterion": "gini"},
    table="data_train.csv",
    digest="ab" * 32,
    rows=(2377, 1020),
    how="chosen by group with seed 42",
    metrics={"auc": 0.93304, "log_loss": 1.0},
    versions={"Python": "3.11.7"},
)  # fmt: skip


def test_training_says_what_the_model_is_for_and_what_it_learned_from() -> None:
    text = training(FACTS)
    for said in (
        "# Model card: RandomForestClassifier that predicts genre",
        "It predicts **genre** (3 classes: Rap, R\\*B, 3)",
        "- numbers: duration_ms\n- categories: key\n- text: words, which is title and name joined",
        "| its digest | " + "ab" * 32,
        "| rows it was fitted on | 2,377 rows |",
        "| rows that validated it | 1,020 rows, chosen by group with seed 42 |",
        "| AUC on these | 0.9330 |",
        "| max_depth | null |\n| criterion | gini |",
        "mlflow.pyfunc.load_model",
        "| Python | 3.11.7 |",
    ):
        assert said in text
    assert training(FACTS) == text
    other = dataclasses.replace(FACTS, features=Features(numeric=["x"]), made_from=[])
    assert "- numbers: x\n\nWhat" in training(other)


def test_texts_of_others_are_no_markup() -> None:
    evil = "<b>a|b</b> *c* [d](e) `f` _g_ h_i \\ \n# j"
    text = parts({f"About {evil}": table([(evil, evil)]) + "\n" + bullets([evil]), "nothing": ""})
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    for tag in ("<b>", "<em>", "<a ", "<code>", "<h1>", "nothing"):
        assert tag not in html
    assert html.count("&lt;b&gt;a|b&lt;/b&gt; *c* [d](e) `f` _g_ h_i \\ # j") == 4
    assert inline(None) == "none"
