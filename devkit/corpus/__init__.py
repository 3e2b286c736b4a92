"""From a corpus of recordings to training data: reading, segments, frames, the three formats, and the built data."""
