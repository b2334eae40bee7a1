import numpy as np

from pipeline.judging.pictures.confusion import worst


def test_the_worst_confusions_come_first_by_share_of_the_true_class():
    counts = np.array([[8, 2, 0], [1, 1, 0], [0, 0, 0]])
    assert worst("abc", counts, 5) == [
        {"truth": "b", "predicted": "a", "rows": 1, "share": 0.5},
        {"truth": "a", "predicted": "b", "rows": 2, "share": 0.2},
    ]
