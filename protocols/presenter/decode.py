"""Sound files of any format that PyAV reads (FLAC in Ogg too, which soundfile cannot open), decoded beforehand."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

from devkit.errors import UserError
from protocols.presenter import look

Samples = npt.NDArray[np.float32]
CHANNELS = 2


def decode(path: str, speed: float = 1.0) -> Samples:
    """Decode a sound file.

    Args:
        path: The file.
        speed: How much faster it shall sound.

    Returns:
        Samples at the stream's rate, shape (samples, 2), -1 to 1.

    Raises:
        UserError: It holds no sound that can be read.
    """
    try:
        with av.open(path) as container:
            if not container.streams.audio:
                raise UserError("the file holds no sound", place=path, code="bad-sound")
            channels = min(CHANNELS, container.streams.audio[0].channels)  # one channel is doubled, not panned down
            layout = "mono" if channels == 1 else "stereo"
            resampler = av.AudioResampler(format="flt", layout=layout, rate=round(look.SAMPLE_RATE / speed))
            pieces = [
                piece.to_ndarray().reshape(-1, channels)
                for frame in [*container.decode(audio=0), None]
                for piece in resampler.resample(frame)
            ]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UserError("the sound cannot be read", place=path, hint=str(error), code="bad-sound") from error
    if not pieces:
        raise UserError("the file holds no sound", place=path, code="bad-sound")
    samples: Samples = np.clip(np.concatenate(pieces), -1, 1).astype(np.float32)
    return samples if channels == CHANNELS else np.repeat(samples, CHANNELS, axis=1)
