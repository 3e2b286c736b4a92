"""Planning a study: precision and power by simulation from the protocol itself."""
