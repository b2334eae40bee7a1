"""The pictures of a performance and of an evaluation, for two classes and for many."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from pipeline.judging.metrics import classification_metrics, performance
from pipeline.judging.pictures import draw
from pipeline.judging.pictures.canvas import Picture, png
from pipeline.judging.predictions import Predictions
from tests.fakes import evaluation as fake


def measured(count, rows=300):
    random = np.random.default_rng(0)
    codes = np.arange(rows) % count
    scores = random.random((rows, count))
    scores[np.arange(rows), codes] += 0.5
    names = np.array([f"class {i} $x$" for i in range(count)], dtype=object)
    predictions = Predictions(codes, scores / scores.sum(axis=1, keepdims=True), names)
    return performance(predictions, classification_metrics(predictions))


def evaluated(count, **parts):
    truth, probabilities = fake.predictions(count, 600)
    names = [f"class {n}" for n in range(count)]
    return fake.evaluation(truth, probabilities, names) | parts


def texts(picture):
    return [text.get_text() for text in picture.figure.axes[0].texts]


@pytest.mark.parametrize("count", [2, 15, 61])
def test_every_picture_has_a_title_a_caption_and_no_text_over_its_edge(count):
    for picture in draw.performance(measured(count)):
        assert picture.title
        assert picture.caption.endswith(".")
        figure = picture.figure
        figure.draw_without_rendering()
        frame = figure.bbox
        for text in figure.axes[0].texts:
            box = text.get_window_extent()
            # Fonts differ by some pixels; a PNG is made as large as what is drawn.
            assert box.x0 >= -25, text
            assert box.x1 <= frame.x1 + 25, text
            assert -2 <= box.y0 <= box.y1 <= frame.y1 + 2, text


def test_names_of_the_pictures_are_those_of_the_record():
    names = ["per_class", "confusion_matrix", "roc", "precision_recall"]
    assert [p.name for p in draw.performance(measured(3))] == names
    drawn = [p.name for p in draw.evaluation(evaluated(3))]
    assert drawn == [*names, "calibration", "feature_importance"]
    bare = evaluated(3, roc=[], precision_recall=[], calibration=[], importances=[], per_class=[])
    assert [p.name for p in draw.evaluation(bare)] == ["confusion_matrix"]


def test_a_panel_names_its_class_and_its_area_with_the_interval():
    roc = next(p for p in draw.evaluation(evaluated(3)) if p.name == "roc")
    assert {"class 0", "class 1", "class 2"} <= set(texts(roc))
    assert sum(text.startswith("AUC 0.") and " to " in text for text in texts(roc)) == 3


def test_a_confusion_matrix_shows_shares_of_rows_and_counts():
    found = measured(2) | {"classes": ["a", "b"], "confusion": [[2, 1], [0, 1]]}
    matrix = next(p for p in draw.performance(found) if p.name == "confusion_matrix")
    assert {"67", "33", "100", "a", "b", "3", "1"} <= set(texts(matrix))


def test_a_class_without_rows_has_no_curve_and_an_empty_row():
    probabilities = np.tile([0.5, 0.3, 0.2], (4, 1))
    predictions = Predictions(np.array([0, 0, 1, 1]), probabilities, np.array(["a", "b", "c"]))
    found = performance(predictions, classification_metrics(predictions))
    pictures = {p.name: p for p in draw.performance(found)}
    assert "c" not in texts(pictures["roc"])
    assert texts(pictures["confusion_matrix"]).count("c") == 2
    assert "not defined" in texts(pictures["per_class"])


def test_one_single_class_has_no_curves():
    predictions = Predictions(np.zeros(4, int), np.full((4, 2), 0.5), np.array(["a", "b"]))
    found = performance(predictions, classification_metrics(predictions))
    assert [p.name for p in draw.performance(found)] == ["per_class", "confusion_matrix"]


def test_of_too_many_classes_those_with_the_most_rows_are_drawn():
    found = measured(70, rows=700)
    found["confusion"][3][3] = 0  # its rows are gone: one of those that are left out
    matrix = next(p for p in draw.performance(found) if p.name == "confusion_matrix")
    assert matrix.title == "Confusion matrix: the 60 classes with the most rows"
    assert "class 3 $x$" not in texts(matrix)
    assert "class 4 $x$" in texts(matrix)
    roc = next(p for p in draw.performance(found) if p.name == "roc")
    assert sum(text.startswith("class ") for text in texts(roc)) == 60


def test_only_the_most_important_inputs_are_drawn():
    picture = draw.inputs([(f"f{i}", 1 / (i + 1)) for i in range(30)])
    assert [t for t in texts(picture) if t.startswith("f")] == [f"f{i}" for i in range(20)]
    assert picture.title == "Importance of each input: the first 20 of 30"
    assert picture.caption == "The impurity of 30 inputs sums to 1."


def test_importances_are_both_by_permutation_and_by_impurity_where_there_is_one():
    drawn = draw.evaluation(evaluated(2))[-1]
    assert "impurity on training rows" in texts(drawn)
    importances = [row | {"impurity": None} for row in evaluated(2)["importances"]]
    drawn = draw.evaluation(evaluated(2, importances=importances))[-1]
    assert "impurity on training rows" not in texts(drawn)


def test_names_are_no_formulas_and_may_lack_a_glyph():
    picture = draw.inputs([("price_$x$ and $", 0.6), ("_名", 0.4), ("x" * 90, 0.1)])
    assert png(picture).startswith(b"\x89PNG")


def test_a_picture_may_be_empty_and_its_caption_its_title():
    for words in ("", "Title"):
        assert png(Picture("empty", words, words, Figure((1, 1)))).startswith(b"\x89PNG")


def test_the_same_picture_gives_the_same_bytes_without_date_or_version():
    content, again = (png(draw.performance(measured(3))[1]) for _ in range(2))
    assert content == again
    assert b"Software" not in content
    assert b"tIME" not in content
    picture = draw.performance(measured(3))[1]
    assert png(picture) == png(picture) == content, "drawing leaves no trace"
