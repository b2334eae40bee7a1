"""Whether probabilities can be taken at their word: losses per row, calibration error, bins."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.judging.evaluation import Label, Reliability
from pipeline.judging.predictions import Predictions

BLOCK = 2**16  # rows whose losses are computed at a time
BINS = 15  # of equal width, as Guo et al., On Calibration of Modern Neural Networks, ICML 2017


def row_losses(
    codes: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return each row's part in log_loss and brier, (n,) each; their means are the figures.

    log_loss is in nats, as scikit-learn's. brier is the squared distance between the probabilities
    and the truth, over all classes (0 to 2; Brier, 1950); with two classes it is half of that, as
    scikit-learn's brier_score_loss.

    Args:
        codes: (n,) true classes.
        probabilities: (n, k).
    """
    half = 2 if probabilities.shape[1] == 2 else 1
    tiny = np.finfo(probabilities.dtype).eps  # as scikit-learn: a certain error is not infinite
    losses = {"log_loss": np.empty(len(codes)), "brier": np.empty(len(codes))}
    for begin in range(0, len(codes), BLOCK):
        part = slice(begin, begin + BLOCK)
        block = np.ascontiguousarray(probabilities[part])
        chosen = block[np.arange(len(block)), codes[part]]
        losses["log_loss"][part] = -np.log(np.clip(chosen, tiny, 1 - tiny))
        losses["brier"][part] = ((block**2).sum(axis=1) - 2 * chosen + 1) / half
    return losses


def bin_of(probability: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bin of each probability, 0 to BINS - 1."""
    bins: NDArray[np.int64] = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    return bins


def calibration_error(codes: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Return the expected calibration error of the predicted class (Guo et al., 2017).

    Rows are put into 15 bins of equal width by the probability of the predicted class; the error is
    the mean over the rows of the distance between that probability's mean and the share of right
    predictions in the bin.

    Args:
        codes: (n,) true classes.
        probabilities: (n, k).
    """
    confidence = probabilities.max(axis=1)
    gap = confidence - (probabilities.argmax(axis=1) == codes)
    sums = np.bincount(bin_of(confidence), weights=gap, minlength=BINS)
    return float(np.abs(sums).sum() / len(codes))


def reliability(
    codes: NDArray[np.int64], probabilities: NDArray[np.float64], classes: Sequence[Label]
) -> list[Reliability]:
    """Return what is predicted and what is observed, bin by bin; empty bins are left out.

    Returns:
        First the class "all": the probability of the predicted class beside the share of right
        predictions. Then each class with rows: its probability beside its share. `rows` counts
        those in each bin.
    """
    right = probabilities.argmax(axis=1) == codes
    curves = [_bins("all", probabilities.max(axis=1), right)]
    for code in np.unique(codes):
        curves.append(_bins(classes[code], probabilities[:, code], codes == code))
    return curves


def of_predictions(predictions: Predictions) -> list[Reliability]:
    """Return the reliability of predictions."""
    return reliability(predictions.codes, predictions.probabilities, predictions.labels)


def _bins(label: Label, probability: NDArray[np.float64], true: NDArray[np.bool_]) -> Reliability:
    bins = bin_of(probability)
    rows = np.bincount(bins, minlength=BINS)
    held = rows > 0
    predicted, observed = (
        (np.bincount(bins, weights=values, minlength=BINS)[held] / rows[held]).round(6).tolist()
        for values in (probability, true.astype(float))
    )
    return {"class": label, "predicted": predicted, "observed": observed,
            "rows": rows[held].tolist()}  # fmt: skip
