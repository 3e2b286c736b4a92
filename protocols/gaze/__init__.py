"""Gaze, the pure half: where somebody looks, worked out from samples. Devices and drawing are in the presenter.

`settings` says which tracker and how, `calibration` fits and judges it, `areas` tells target from distractor, `dwell`
tells when somebody has looked at a place for long enough, `keyed` takes looks that the examiner keys.
"""
