import numpy as np
import pytest
from sklearn import metrics as reference

from pipeline.judging.bootstrap import Bootstrap, distributions, weights
from pipeline.judging.metrics import HEADLINE, classification_metrics
from pipeline.judging.predictions import Predictions
from pipeline.judging.weighted_metrics import WeightedMetrics

WHOLE = HEADLINE
NEW = ("balanced_accuracy", "average_precision", "mcc")


def made_up(classes, rows=300, seed=0, decimals=2):
    """Codes and probabilities that agree better than chance, with ties among them."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, classes, rows)
    scores = random.random((rows, classes)).round(decimals) + 0.1
    scores[np.arange(rows), codes] += 0.3
    return codes, scores / scores.sum(axis=1, keepdims=True)


def metrics_of(truth, probabilities, classes):
    return classification_metrics(Predictions.of(truth, probabilities, classes))


def same(figures, found, present):
    for name in WHOLE:
        assert figures[name] == pytest.approx(found[name], abs=1e-12), name
    for name in ("precision", "recall", "f1", "auc"):
        expected = [found[f"{name}/{code}"] for code in present]
        assert figures[f"class_{name}"] == pytest.approx(expected, abs=1e-12), name


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("decimals", [1, 6])
def test_with_weights_of_one_the_figures_are_those_of_the_rows(classes, decimals):
    codes, probabilities = made_up(classes, decimals=decimals)
    figures = WeightedMetrics(codes, probabilities).figures(np.ones((len(codes), 1)))
    found = metrics_of(codes, probabilities, range(classes))
    same({name: value[..., 0] for name, value in figures.items()}, found, range(classes))


@pytest.mark.parametrize("classes", [2, 4])
def test_a_weight_is_that_many_copies_of_the_row(classes):
    codes, probabilities = made_up(classes, rows=60)
    drawn = np.concatenate(list(weights(codes, 3, 5)), axis=1)
    figures = WeightedMetrics(codes, probabilities).figures(drawn)
    for resample in range(3):
        rows = np.repeat(np.arange(60), drawn[:, resample].astype(int))
        found = metrics_of(codes[rows], probabilities[rows], range(classes))
        same({n: value[..., resample] for n, value in figures.items()}, found, range(classes))


@pytest.mark.parametrize("classes", [2, 3])
def test_weighted_figures_are_those_of_scikit_learn(classes):
    codes, probabilities = made_up(classes, rows=80, decimals=1)
    predicted, drawn = probabilities.argmax(axis=1), next(weights(codes, 5, 3))
    figures = WeightedMetrics(codes, probabilities).figures(drawn)
    for found, weight in zip(zip(*map(figures.get, NEW), strict=True), drawn.T, strict=True):
        areas = [
            reference.average_precision_score(codes == c, probabilities[:, c], sample_weight=weight)
            for c in range(classes)
        ]
        expected = (
            reference.balanced_accuracy_score(codes, predicted, sample_weight=weight),
            np.mean(areas),
            reference.matthews_corrcoef(codes, predicted, sample_weight=weight),
        )
        assert found == pytest.approx(expected, abs=1e-12)


def test_a_class_without_weight_has_no_average_precision_and_one_class_no_correlation():
    codes = np.array([0, 0, 1])
    model = WeightedMetrics(codes, np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]))
    figures = model.figures(np.array([[1.0, 1], [1, 1], [1, 0]]))
    assert figures["average_precision"].tolist() == [pytest.approx((5 / 6 + 1 / 2) / 2), 1]
    assert figures["mcc"].tolist() == [0, 0]


def test_a_class_without_rows_is_left_out():
    codes, probabilities = made_up(4)
    kept = codes != 2
    figures = WeightedMetrics(codes[kept], probabilities[kept]).figures(np.ones((kept.sum(), 1)))
    found = metrics_of(codes[kept], probabilities[kept], range(4))
    same({name: value[..., 0] for name, value in figures.items()}, found, [0, 1, 3])


def test_one_single_class_has_no_areas():
    figures = WeightedMetrics(np.zeros(5, dtype=int), np.full((5, 2), 0.5)).figures(np.ones((5, 2)))
    assert "auc" not in figures
    assert figures["accuracy"].tolist() == [1, 1]


def test_rows_are_drawn_again_within_their_class(monkeypatch):
    codes = np.array([0] * 5 + [2] * 30 + [1])
    drawn = np.concatenate(list(weights(codes, 40, 1)), axis=1)
    assert drawn.shape == (36, 40)
    for code, size in ((0, 5), (2, 30), (1, 1)):
        assert (drawn[codes == code].sum(axis=0) == size).all()
    assert len(np.unique(drawn, axis=1).T) == 40
    assert drawn[codes == 2].mean(axis=1) == pytest.approx(np.ones(30), abs=0.6)
    monkeypatch.setattr("pipeline.judging.bootstrap.CELLS", 36 * 7)  # in pieces of 7, 7, ... 5
    sizes = [piece.shape[1] for piece in weights(codes, 40, 1)]
    assert sizes == [7, 7, 7, 7, 7, 5]


def test_models_are_compared_on_the_same_resamples():
    codes, probabilities = made_up(3)
    model, same_model = (WeightedMetrics(codes, p) for p in (probabilities, probabilities.copy()))
    other = WeightedMetrics(codes, made_up(3, decimals=1)[1])
    alone = distributions([model], 50, 9)[0]
    first, second, third = distributions([model, same_model, other], 50, 9)
    for name, values in alone.items():
        np.testing.assert_array_equal(values, first[name])
        np.testing.assert_array_equal(first[name], second[name])
    # What two models share cancels: the difference is surer than either.
    assert np.std(first["auc"] - third["auc"]) < np.std(first["auc"])
    assert distributions([model], 50, 9, areas=())[0].keys() == alone.keys() - {
        "auc",
        "class_auc",
        "average_precision",
    }


def test_models_judged_on_other_rows_are_no_pair():
    codes, probabilities = made_up(3)
    models = [WeightedMetrics(rows, probabilities) for rows in (codes, codes[::-1])]
    with pytest.raises(ValueError, match="the same rows"):
        distributions(models, 5, 1)


def test_an_interval_is_two_percentiles():
    low, high = Bootstrap(confidence=0.9).interval(np.array([np.arange(101), np.arange(101) * 2]))
    assert low.tolist() == [5, 10]
    assert high.tolist() == [95, 190]


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """200 tables of a known population: 95 % intervals miss what is true in about 5 % of them."""

    def table(rows, random):
        codes = np.repeat([0, 1, 2], [rows // 2, rows // 3, rows - rows // 2 - rows // 3])
        scores = random.normal(size=(rows, 3))
        scores[np.arange(rows), codes] += np.array([1.5, 0.5, 1.0])[codes]
        odds = np.exp(scores)
        return codes, odds / odds.sum(axis=1, keepdims=True)

    truth = metrics_of(*table(300_000, np.random.default_rng(0)), range(3))
    names = ("auc", "accuracy", "f1", "log_loss")
    held = dict.fromkeys(names, 0)
    for seed in range(200):
        scored = WeightedMetrics(*table(300, np.random.default_rng(seed + 1)))
        (drawn,) = distributions([scored], 200, seed)
        for name in names:
            low, high = Bootstrap().interval(drawn[name])
            held[name] += low <= truth[name] <= high
    for name, count in held.items():
        assert 180 <= count <= 199, (name, count)
