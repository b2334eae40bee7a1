import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.judging import plots


def made_up(count, rows=300):
    random = np.random.default_rng(0)
    names = np.array([f"class {i}" for i in range(count)], dtype=object)
    codes = np.arange(rows) % count
    scores = random.random((rows, count))
    scores[np.arange(rows), codes] += 0.5
    return names, names[codes], scores / scores.sum(axis=1, keepdims=True)


def every_figure(count):
    names, truth, probabilities = made_up(count)
    predicted = names[probabilities.argmax(axis=1)]
    return [
        plots.confusion_matrix(truth, predicted, names),
        plots.roc_curves(truth, probabilities, names),
        plots.precision_recall_curves(truth, probabilities, names),
        plots.feature_importance([(str(name), 1 / count) for name in names]),
    ]


def texts_inside(figure):
    """Whether each tick label and legend entry lies inside the picture."""
    figure.draw_without_rendering()
    axes = figure.axes[0]
    ticks = [*axes.xaxis.get_major_ticks(), *axes.yaxis.get_major_ticks()]
    spans = [axes.xaxis.get_view_interval()] * len(axes.get_xticks())
    spans += [axes.yaxis.get_view_interval()] * len(axes.get_yticks())
    shown = [
        t for t, span in zip(ticks, spans, strict=True) if min(span) <= t.get_loc() <= max(span)
    ]
    texts = [tick.label1 for tick in shown]
    if legend := axes.get_legend():
        texts += legend.get_texts()
    frame = figure.bbox
    boxes = [text.get_window_extent() for text in texts]
    return [
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= frame.x1 and box.y1 <= frame.y1 for box in boxes
    ]


@pytest.mark.parametrize("count", [2, 15, 41])
def test_every_picture_keeps_its_labels_inside(count):
    for figure in every_figure(count):
        axes = figure.axes[0]
        assert axes.get_title()
        assert axes.get_xlabel()
        assert all(texts_inside(figure))


def test_the_legend_stands_beside_the_curves_and_names_the_area():
    names, truth, probabilities = made_up(15)
    figure = plots.roc_curves(truth, probabilities, names)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert axes.get_legend().get_window_extent().x0 >= axes.get_window_extent().x1
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    areas = [float(entry.split()[0]) for entry in entries]
    assert len(entries) == 15
    assert areas == sorted(areas, reverse=True)


def test_fifteen_classes_differ_in_colour_or_dash():
    names, truth, probabilities = made_up(15)
    lines = plots.roc_curves(truth, probabilities, names).axes[0].get_lines()[:15]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 15


def test_a_confusion_matrix_shows_shares_of_rows_and_counts():
    figure = plots.confusion_matrix(["a", "a", "a", "b"], ["a", "a", "b", "b"], ["a", "b"])
    axes = figure.axes[0]
    assert {text.get_text() for text in axes.texts} == {"67 %\n2", "33 %\n1", "100 %\n1"}
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a (3)", "b (1)"]


def test_a_class_without_rows_has_no_curve_and_an_empty_row():
    names, truth, probabilities = made_up(3)
    kept = truth != names[2]
    for draw in (plots.roc_curves, plots.precision_recall_curves):
        figure = draw(truth[kept], probabilities[kept], names)
        assert len(figure.axes[0].get_legend().get_texts()) == 2
    plots.confusion_matrix(truth[kept], truth[kept], names)


def test_one_single_class_says_so():
    figure = plots.roc_curves(["a", "a"], np.array([[0.4, 0.6], [0.9, 0.1]]), ["a", "b"])
    assert "no curve" in figure.axes[0].texts[0].get_text()


def test_an_unknown_class_is_refused():
    with pytest.raises(InputError, match="'z'"):
        plots.confusion_matrix(["z"], ["a"], ["a", "b"])


def test_only_the_most_important_features_are_drawn():
    figure = plots.feature_importance([(f"f{i}", 1 / (i + 1)) for i in range(30)], top=5)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["f0", "f1", "f2", "f3", "f4"]
    assert "5 of 30" in figure.axes[0].get_title()


def test_names_are_no_formulas_and_may_lack_a_glyph():
    figure = plots.feature_importance([("price_$x$ and $", 0.6), ("_名", 0.4), ("x" * 90, 0.1)])
    assert plots.png(figure).startswith(b"\x89PNG")
    assert all(texts_inside(plots.feature_importance([("x" * 90, 0.1)])))


def test_the_same_figure_gives_the_same_bytes_without_date_or_version():
    content, again = (plots.png(every_figure(3)[0]) for _ in range(2))
    assert content == again
    assert b"Software" not in content
    assert b"tIME" not in content
