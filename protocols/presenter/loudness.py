"""How loud a child hears anything: a ceiling for every sound, never a floor. Pure.

Loudness is measured as the highest root mean square over 125 ms (the "fast" weighting of a sound level meter, without
its frequency weighting), in decibels below full scale. What a station makes of full scale can be measured with a sound
level meter and written into the lab's settings; until then the ceiling in decibels below full scale alone holds.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

WINDOW_S = 0.125
CEILING_DBFS = -14.0
CEILING_DB_SPL = 75.0
PEAK = 0.95
SILENT_DBFS = -120.0


def level_dbfs(samples: Samples, rate: int) -> float:
    """Return the highest level of a sound over 125 ms, dB below full scale (a full-scale square wave has 0).

    Args:
        samples: Shape (samples, channels), -1 to 1.
        rate: Samples a second.
    """
    if not len(samples):
        return SILENT_DBFS
    power = np.square(samples.astype(np.float64)).max(axis=1)
    width = min(len(power), max(1, round(WINDOW_S * rate)))
    sums = np.concatenate(([0.0], np.cumsum(power)))
    highest = float((sums[width:] - sums[:-width]).max()) / width
    return max(SILENT_DBFS, 10 * math.log10(max(highest, 1e-12)))


def ceiling_dbfs(ceiling: float = CEILING_DBFS, full_scale_db_spl: float | None = None) -> float:
    """Return the ceiling in dB below full scale; a calibrated station also keeps below 75 dB at the child's ear.

    Args:
        ceiling: The lab's own ceiling, dB below full scale.
        full_scale_db_spl: Level that a full-scale sound has at the child's ear, dB SPL; None when never measured.
    """
    if full_scale_db_spl is None:
        return ceiling
    return min(ceiling, CEILING_DB_SPL - full_scale_db_spl)


def limited(samples: Samples, rate: int, ceiling: float = CEILING_DBFS) -> tuple[Samples, float]:
    """Return a sound that is no louder than the ceiling, and the gain that it took, dB (0 or less).

    The whole sound is turned down, so that its shape stays; one that is soft enough is left as it is.
    """
    gain_db = min(0.0, ceiling - level_dbfs(samples, rate))
    peak = float(np.abs(samples).max()) if len(samples) else 0.0
    if peak > 0:
        gain_db = min(gain_db, 20 * math.log10(PEAK / peak))
    if gain_db == 0.0:
        return samples, 0.0
    quieter: Samples = (samples * np.float32(10 ** (gain_db / 20))).astype(np.float32)
    return quieter, gain_db
