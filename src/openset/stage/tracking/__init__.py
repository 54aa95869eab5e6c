"""Where the camera was: samples on their own clock, and the pose for a frame's own moment."""
