"""Draw the songs of one genre from aggregate facts: audio features and invented names.

Method: a Gaussian copula (Nelsen, An Introduction to Copulas, 2006). Normal scores with the genre's
rank correlations are ranked, and the ranks are mapped to its quantiles. Ranks, not the normal
distribution function, and values rounded as in the real table keep the last bits of a
linear-algebra library out of the result.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

EIGENVALUE_FLOOR = 1e-3  # correlations rounded to 1/100 may be slightly indefinite

Facts = dict[str, Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def draw_from(shares: list[float], n: int, rng: np.random.Generator) -> Ints:
    """Return shape (n,) of positions in `shares`, each drawn as often as its share says."""
    weights = np.array(shares, dtype=float)
    return rng.choice(len(weights), n, p=weights / weights.sum())


def draw_ranks(triangle: list[list[int]], n: int, rng: np.random.Generator) -> Floats:
    """Return shape (n, features) of relative ranks in [0, 1), correlated as asked.

    `triangle` is the lower triangle, without diagonal, of the rank correlations in hundredths.
    """
    corr = np.eye(len(triangle) + 1)
    for i, row in enumerate(triangle, 1):
        corr[i, :i] = corr[:i, i] = np.array(row) / 100
    values, vectors = np.linalg.eigh(corr)
    corr = (vectors * np.maximum(values, EIGENVALUE_FLOOR)) @ vectors.T
    scores = rng.standard_normal((n, len(corr))) @ np.linalg.cholesky(corr).T
    order = np.argsort(scores.round(9), axis=0, kind="stable")
    ranks: Floats = (np.argsort(order, axis=0) + rng.random(scores.shape)) / n
    return ranks


def round_values(values: Floats, feature: str, precision: Facts) -> Floats:
    """Return `values` with the decimals of `feature`, else with a number of significant digits."""
    if feature in precision["decimals"]:
        return np.round(values, precision["decimals"][feature])
    zero = values < precision["zero_below"]
    digits = precision["significant_digits"] - 1 - np.floor(np.log10(np.where(zero, 1, values)))
    rounded: Floats = np.where(zero, 0, np.rint(values * 10.0**digits) / 10.0**digits)
    return rounded


def map_quantiles(profile: Facts, genre: str, ranks: Floats) -> dict[str, Floats]:
    """Return each numeric feature, shape (n,), at its `ranks` among the songs of `genre`.

    Values between two known quantiles are interpolated, on a log scale if they span decades.
    """
    probabilities, log = profile["quantile_probabilities"], profile["log_scale"]
    features: dict[str, Floats] = {}
    for j, feature in enumerate(profile["numeric_features"]):
        known = np.array(profile["quantiles_per_genre_and_feature"][genre][j], dtype=float)
        if feature in log["features"]:
            logs = np.interp(ranks[:, j], probabilities, np.log(known + log["offset"]))
            values = np.exp(logs) - log["offset"]
        else:
            values = np.interp(ranks[:, j], probabilities, known)
        features[feature] = round_values(values, feature, profile["precision"])
    return features


def draw_phrases(words: Facts, n: int, rng: np.random.Generator) -> pa.Array:
    """Return `n` invented phrases; a small word may stand between the first and the last."""
    plain, glue = len(words["words"]), len(words["glue"])
    vocabulary = pa.array([word.capitalize() for word in words["words"] + words["glue"]])
    length = 1 + draw_from(words["word_count_shares"], n, rng)
    columns = []
    for i in range(len(words["word_count_shares"])):
        inner = (i > 0) & (i < length - 1) & (rng.random(n) < words["glue_share"])
        pick = np.where(inner, plain + rng.integers(glue, size=n), rng.integers(plain, size=n))
        columns.append(vocabulary.take(pa.array(pick, mask=i >= length)))
    return pc.binary_join_element_wise(*columns, " ", null_handling="skip")


def draw_song_names(words: Facts, genre: str, n: int, rng: np.random.Generator) -> pa.Array:
    """Return `n` invented song names, all missing in a genre that has playlist titles instead."""
    if genre in words["title_weights"]:
        return pa.nulls(n, pa.string())
    name, style = draw_phrases(words, n, rng), rng.random(n)
    upper, lower = style < words["upper_case_share"], style > 1 - words["lower_case_share"]
    name = pc.if_else(upper, pc.utf8_upper(name), pc.if_else(lower, pc.utf8_lower(name), name))
    guests = pa.array([f"(feat. {guest})" for guest in words["guests"]])
    alone = rng.random(n) >= words["guest_share"][genre]
    guest = guests.take(pa.array(rng.integers(len(guests), size=n), mask=alone))
    return pc.binary_join_element_wise(name, guest, " ", null_handling="skip")


def draw_songs(
    profile: Facts, words: Facts, genre: str, n: int, rng: np.random.Generator
) -> pa.Table:
    """Return a table of `n` songs of `genre`: the audio features and the song name."""
    key = draw_from(profile["key_per_mille"][genre], n, rng)
    major = np.array(profile["major_percent_given_key"][genre])[key]
    time = draw_from(profile["time_signature_per_mille_of_1_3_4_5"][genre], n, rng)
    ranks = draw_ranks(profile["rank_correlation_x100_lower_triangle"][genre], n, rng)
    return pa.table(
        {
            **map_quantiles(profile, genre, ranks),
            "key": key,
            "mode": (rng.random(n) * 100 < major).astype(np.int64),
            "time_signature": np.array(profile["time_signatures"])[time],
            "song_name": draw_song_names(words, genre, n, rng),
        }
    )
