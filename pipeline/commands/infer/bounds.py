"""Bounds of numbers that leave room beyond what was seen."""

import math
from collections.abc import Callable
from decimal import Decimal

EXACT = 2**53  # integers up to it are floats without loss


def room(low: float | Decimal, high: float | Decimal) -> tuple[float, float]:
    """Return bounds as far beyond the smallest and largest value as these are from one another.

    They are round numbers, and none below 0 where no value is. Of 0 and 1 both stay.

    Returns:
        Numbers that YAML and a float keep; infinite where there is no bound.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return _end(low, -math.inf), _end(high, math.inf)
    if isinstance(low, int) and isinstance(high, int):
        if low >= 0 and high <= 1:
            return low, high
        wide = high - low or abs(low) or 1
        unit = 10 ** max(len(str(wide)) - 2, 0)
        below, beyond = (low - wide) // unit * unit, -(-(high + wide) // unit) * unit
        return _end(max(below, 0) if low >= 0 else below, -math.inf), _end(beyond, math.inf)
    small, large = float(low), float(high)
    span = large - small or abs(small) or 1.0
    least, most = small - span, large + span
    if not math.isfinite(most - least):
        return -math.inf, math.inf
    digits = 1 - math.floor(math.log10(span))
    least, most = _rounded(least, digits, math.floor), _rounded(most, digits, math.ceil)
    return _end(min(max(least, 0.0) if small >= 0 else least, small), -math.inf), _end(
        max(most, large), math.inf
    )


def _rounded(value: float, digits: int, how: Callable[[float], int]) -> float:
    """Return a value rounded away from the others; itself where its digits are too many."""
    try:
        return round(how(value * 10.0**digits) / 10.0**digits, max(digits, 0))
    except (OverflowError, ZeroDivisionError):
        return value


def _end(value: float | Decimal, away: float) -> float:
    """Return a number that YAML and a float keep, the value or the next one away from it."""
    if isinstance(value, int) and abs(value) <= EXACT:
        return value
    near = float(value)
    outside = near > value if away < 0 else near < value
    return math.nextafter(near, away) if outside else near
