"""Models: checkpoints and imported models, running a protocol on them, and training with live curves."""
