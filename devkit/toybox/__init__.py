"""The toybox: a nursery drawn by program, the embedded stand-in for gated head-camera corpora.

`make` writes a corpus folder as `devkit.annotations` describes it; `sample_pool` gives annotated frames in memory;
`draw` gives one toy; `NOUNS` lists what there is. The pictures are modelled in `clay` from `shapes` and `paint`, by
one drawing a noun; `script` decides what happens, `stage` draws it, `speech` says what a caregiver says.
"""

from devkit.toybox.look import Noun
from devkit.toybox.memory import sample_pool, scene_frames
from devkit.toybox.nouns import NOUNS, draw
from devkit.toybox.writer import Made, make

__all__ = ["NOUNS", "Made", "Noun", "draw", "make", "sample_pool", "scene_frames"]
