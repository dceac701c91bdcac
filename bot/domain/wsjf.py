"""Weighted Shortest Job First: cost of delay over job size.

WSJF = (user/business value + time criticality + risk reduction / opportunity enablement) / job size,
as SAFe writes it, each figure on the modified Fibonacci scale.

A score is kept exact as a whole number of 1/1560: 1560 is the least common multiple of the sizes,
so two scores are equal only when the fractions are.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import NewType

from bot.domain.errors import Refused

SCALE = (1, 2, 3, 5, 8, 13, 20)
UNIT = math.lcm(*SCALE)

Score = NewType("Score", int)  #: WSJF in 1/UNIT


class Factor(StrEnum):
    VALUE = "value"
    TIME_CRITICALITY = "time_criticality"
    RISK_REDUCTION = "risk_reduction"
    JOB_SIZE = "job_size"


COST_OF_DELAY = (Factor.VALUE, Factor.TIME_CRITICALITY, Factor.RISK_REDUCTION)

Figures = Mapping[Factor, int]  #: what is known so far; a missing factor is unknown


def score(figures: Figures) -> Score | None:
    """The exact score, or None while a figure is missing."""
    if missing(figures):
        return None
    return Score(sum(figures[f] for f in COST_OF_DELAY) * UNIT // figures[Factor.JOB_SIZE])


def missing(figures: Figures) -> tuple[Factor, ...]:
    return tuple(factor for factor in Factor if factor not in figures)


def on_scale(figure: int, factor: Factor) -> int:
    """The figure itself. Raises Refused when it is not a step of the scale."""
    if figure not in SCALE:
        steps = ", ".join(map(str, SCALE[:-1]))
        raise Refused(f"Choose {steps} or {SCALE[-1]}.", field=factor)
    return figure
