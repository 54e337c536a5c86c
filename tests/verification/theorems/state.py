"""All theorems over one View."""

from __future__ import annotations

from tests.verification.theorems import commitment, elections, logs, production
from tests.verification.theorems.theorem import Theorems
from tests.verification.theorems.view import View

STATE: Theorems[View] = Theorems(
    elections.THEOREMS, logs.THEOREMS, commitment.THEOREMS, production.THEOREMS
)
