"""The PySide6 desktop app: a first window on a lab. It holds no logic that the command line lacks."""
