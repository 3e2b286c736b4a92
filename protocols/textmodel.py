"""A small text classifier: multinomial logistic regression over the words and word pairs of a prompt.

It is the learner behind the text-only baseline: strong enough to find what the words of a question give away
(``cats`` come in threes, ``left`` is named first), small enough to be fitted in a moment. Fitting has no chance in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

PENALTY = 0.02
LEAST_COUNT = 2
MOST_FEATURES = 2000
_TOKEN = re.compile(r"<image>|[^\W_]+|[^\w\s]", re.UNICODE)

type Matrix = NDArray[np.float64]


def features_of(prompt: str) -> set[str]:
    """Return the words of a prompt and its pairs of neighbours, in lower case; image marks and signs are words."""
    words = ["^", *_TOKEN.findall(prompt.lower())]
    return {*words[1:], *(f"{a} {b}" for a, b in pairwise(words))}


@dataclass(frozen=True, slots=True)
class PromptClassifier:
    """Probability of each class given the words of a prompt.

    Attributes:
        vocabulary: Column of each feature.
        classes: Row of each class.
        weights: (classes, features + 1); the last column is the intercept.
    """

    vocabulary: dict[str, int]
    classes: dict[str, int]
    weights: Matrix

    @classmethod
    def fit(cls, prompts: Sequence[str], answers: Sequence[str]) -> PromptClassifier:
        """Learn from prompts and their right classes; at least one of each."""
        found = [features_of(prompt) for prompt in prompts]
        counts: dict[str, int] = {}
        for features in found:
            for feature in features:
                counts[feature] = counts.get(feature, 0) + 1
        telling = [f for f, n in counts.items() if LEAST_COUNT <= n < len(prompts)]
        telling.sort(key=lambda feature: (-counts[feature], feature))
        vocabulary = {feature: column for column, feature in enumerate(telling[:MOST_FEATURES])}
        classes = {name: row for row, name in enumerate(sorted(set(answers)))}
        shown = _matrix(found, vocabulary)
        right = np.zeros((len(answers), len(classes)))
        right[np.arange(len(answers)), [classes[answer] for answer in answers]] = 1.0
        return cls(vocabulary, classes, _fitted(shown, right))

    def log_probabilities(self, prompt: str, names: Sequence[str]) -> list[float]:
        """Return the log-probability of each named class among the named ones; unseen classes are unlikely."""
        row = _matrix([features_of(prompt)], self.vocabulary)[0]
        logits = self.weights @ row
        floor = float(logits.min()) - 5.0 if len(logits) else 0.0
        chosen = np.array([logits[self.classes[name]] if name in self.classes else floor for name in names])
        chosen -= chosen.max()
        shares: Matrix = chosen - np.log(np.exp(chosen).sum())
        return [round(float(share), 9) for share in shares]


def _matrix(found: Sequence[set[str]], vocabulary: dict[str, int]) -> Matrix:
    """Return (prompts, features + 1) with 1 where a feature occurs; the last column is all ones."""
    shown = np.zeros((len(found), len(vocabulary) + 1))
    shown[:, -1] = 1.0
    for row, features in enumerate(found):
        for feature in features:
            if feature in vocabulary:
                shown[row, vocabulary[feature]] = 1.0
    return shown


def _fitted(shown: Matrix, right: Matrix) -> Matrix:
    """Return the weights (classes, features + 1) of least penalised cross-entropy."""
    n, width = shown.shape
    k = right.shape[1]

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        weights = flat.reshape(k, width)
        logits = shown @ weights.T
        logits -= logits.max(axis=1, keepdims=True)
        log_shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        penalised = weights[:, :-1]
        value = -(right * log_shares).sum() / n + PENALTY / 2 * (penalised**2).sum()
        gradient = (np.exp(log_shares) - right).T @ shown / n
        gradient[:, :-1] += PENALTY * penalised
        return float(value), gradient.ravel()

    best = minimize(loss, np.zeros(k * width), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    weights: Matrix = best.x.reshape(k, width)
    return weights
