"""The ten DevCV tasks, one module each."""
