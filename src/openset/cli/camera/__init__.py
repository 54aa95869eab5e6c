"""The verbs that measure a camera: print, calibrate, track, solve."""
