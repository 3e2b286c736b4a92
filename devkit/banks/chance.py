"""The few statistics of an audit: Wilson's interval, a test for even use of places, and a text-only learner.

Everything is deterministic: folds come from item ids.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chisquare, norm

from devkit.ids import digest_bytes

ALPHA = 0.001
"""Level at which an audit speaks of a defect; small, because a bank has many forms and many checks."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of hits with its interval.

    Attributes:
        hits: Number of hits; a fraction when ties are shared out.
        total: Out of how many.
        low: Lower end of the interval.
        high: Upper end.
    """

    hits: float
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; NaN of nothing."""
        return self.hits / self.total if self.total else math.nan


def wilson(hits: float, total: int, confidence: float = 0.95) -> Share:
    """Return a share with Wilson's score interval (Wilson 1927).

    >>> share = wilson(8, 10)
    >>> round(share.low, 4), round(share.high, 4)
    (0.4902, 0.9433)
    """
    if total == 0:
        return Share(hits, 0, 0.0, 1.0)
    z = float(norm.ppf(0.5 + confidence / 2))
    p, n = hits / total, total
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Share(hits, total, max(0.0, centre - half), min(1.0, centre + half))


def above(hits: float, total: int, chance: float) -> bool:
    """Tell whether a share is above chance at the one-sided level `ALPHA`, by Wilson's interval."""
    return total > 0 and wilson(hits, total, 1 - 2 * ALPHA).low > chance


def uneven(counts: Sequence[int]) -> float:
    """Return the p value of Pearson's chi-square test that all places are used equally often."""
    if len(counts) < 2 or sum(counts) == 0:
        return 1.0
    return float(chisquare(counts).pvalue)


@dataclass(frozen=True, slots=True)
class Case:
    """One question for a learner that sees no picture.

    Attributes:
        group: Decides the fold: cases of one group are never learned from and tested on at once.
        text: What it may read.
        offered: The answers it may give.
        key: The right one.
    """

    group: str
    text: str
    offered: tuple[Hashable, ...]
    key: Hashable


def text_only(cases: Sequence[Case], folds: int = 10) -> Share:
    """Cross-validate a multinomial naive Bayes classifier over words and word pairs of the text.

    It learns which answer goes with which words and how frequent each answer is (Laplace's smoothing), and answers
    with the likeliest of the offered ones. Ties are shared out, so that one that has learned nothing scores at chance.

    Args:
        cases: The questions.
        folds: Number of folds; a case's fold comes from a hash of its group.

    Returns:
        Share of right answers over all held out cases.
    """
    fold = np.array([int(digest_bytes(case.group.encode())[:8], 16) % folds for case in cases])
    features = [_features(case.text) for case in cases]
    hits = 0.0
    for held in range(folds):
        train = [i for i in range(len(cases)) if fold[i] != held]
        test = [i for i in range(len(cases)) if fold[i] == held]
        if train and test:
            model = _NaiveBayes([features[i] for i in train], [cases[i].key for i in train])
            hits += sum(model.credit(features[i], cases[i]) for i in test)
        else:
            hits += sum(1 / len(cases[i].offered) for i in test)
    return wilson(hits, len(cases))


def _features(text: str) -> Counter[str]:
    words = re.findall(r"\w+", text.lower())
    return Counter(words) + Counter(f"{a} {b}" for a, b in itertools.pairwise(words))


class _NaiveBayes:
    """Counts of features by answer, as logarithms of smoothed probabilities."""

    def __init__(self, features: Sequence[Counter[str]], keys: Sequence[Hashable]) -> None:
        self.answers = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        known = {word: place for place, word in enumerate(dict.fromkeys(w for f in features for w in f))}
        counts = np.ones((len(self.answers), len(known)))
        for one, key in zip(features, keys, strict=True):
            for word, number in one.items():
                counts[self.answers[key], known[word]] += number
        self.known = known
        self.likelihood = np.log(counts / counts.sum(axis=1, keepdims=True))
        seen = Counter(keys)
        total = len(keys) + len(self.answers)
        self.prior = np.log(np.array([(seen[key] + 1) / total for key in self.answers]))
        self.unseen = -math.log(total)

    def credit(self, features: Counter[str], case: Case) -> float:
        """Return 1 for the right answer, a part of it for a tie, 0 for a wrong one."""
        columns = [self.known[word] for word in features if word in self.known]
        numbers = np.array([features[word] for word in features if word in self.known])
        scores = self.prior + self.likelihood[:, columns] @ numbers if columns else self.prior
        offered = [
            float(scores[self.answers[answer]]) if answer in self.answers else self.unseen + float(scores.min())
            for answer in case.offered
        ]
        best = max(offered)
        chosen = [answer for answer, score in zip(case.offered, offered, strict=True) if score >= best - 1e-9]
        return 1 / len(chosen) if case.key in chosen else 0.0


def favourite(cases: Sequence[Case], folds: int = 10) -> Share:
    """Cross-validate a respondent that knows only which nouns tend to be right, and takes the likeliest offered one.

    Args:
        cases: Questions whose offered answers are the nouns in the pictures.
        folds: Number of folds.
    """
    fold = [int(digest_bytes(case.group.encode())[:8], 16) % folds for case in cases]
    hits = 0.0
    for held in range(folds):
        right: dict[Hashable, int] = defaultdict(int)
        offered: dict[Hashable, int] = defaultdict(int)
        for case, its in zip(cases, fold, strict=True):
            if its != held:
                right[case.key] += 1
                for answer in case.offered:
                    offered[answer] += 1
        for case, its in zip(cases, fold, strict=True):
            if its == held:
                mean = 1 / len(case.offered)
                scores = [(right[a] + 2 * mean) / (offered[a] + 2) for a in case.offered]
                chosen = [a for a, s in zip(case.offered, scores, strict=True) if s >= max(scores) - 1e-12]
                hits += 1 / len(chosen) if case.key in chosen else 0.0
    return wilson(hits, len(cases))
