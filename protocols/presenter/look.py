"""Colours, sizes and times of the child's screen; no other module of the presenter has a literal of these."""

from __future__ import annotations

FIXATION = "#A3A3A3"
FIXATION_CORE = "#6E6E6E"
FIXATION_CM = 0.9

ARROW = "#F2F0E6"
FRAME_LINE = "#6E6E6E"
FRAME_LINE_CM = 0.08

RING = "#F6E7A8"
RING_CM = 0.18
RING_GROWTH = 1.08
FEEDBACK_RIGHT_MS = 900.0
FEEDBACK_WRONG_MS = 1400.0
DEMONSTRATION_MS = 1800.0

ATTENTION = ("#F2B84B", "#E8734A", "#6FB7D6", "#7BC47F", "#F2F0E6")
ATTENTION_CM = 5.0
ATTENTION_MS = 2000.0
ATTENTION_REACH = 0.15
ATTENTION_SWING_HZ = 0.35
ATTENTION_TURNS_HZ = 0.25
ATTENTION_BEAT_HZ = 0.9

BORDER_SEARCHING = "#A3A3A3"
BORDER_FOUND = "#2E6DB4"
BORDER_CM = 0.5
CORNER_CM = 2.5
CALL_MAX_MS = 10_000.0
CALL_DWELL_MS = 300.0
CALL_REACH = 0.25

MASK_TILES = 12
MASK_MS = 400.0
FRAME_MS = 700.0
DELAY_MS = 1000.0
GAZE_WINDOW_MS = 4000.0

BOX = "#C9924E"
BOX_BAND = "#E3B878"
BOX_RIM = "#5A3D1E"
COVER = "#4C6E9C"
COVER_FOLD = "#587BAA"
COVER_FOLDS = 12
COVER_MS = 700.0
TOY_SHOWN_MS = 1200.0
TOY_MOVES_MS = 1400.0
TOY_HIDES_MS = 700.0
STEP_MS = 12.0
LOOK_MAX_MS = 20_000.0
SHOWN_BY_EXAMINER_MS = 20_000.0

WRITING = "#1B1D20"
WRITING_CM = 0.6

SAMPLE_RATE = 48000
SOUND_LATENCY_S = 0.05  # shorter ones stall on a busy machine; onsets are measured, so its length does not matter
SOUND_STEADY_S = 0.4
SOUND_SETTLING_S = 4.0
CHIME_RIGHT = (523.25, 659.25)
CHIME_WRONG = (261.63,)
CHIME_S = 0.35
CHIME_LEVEL = 0.2


def rgb(colour: str) -> tuple[float, float, float]:
    """Return ``#rrggbb`` as PsychoPy's red, green and blue from -1 to 1."""
    red, green, blue = (int(colour[place : place + 2], 16) / 127.5 - 1 for place in (1, 3, 5))
    return red, green, blue
