"""What is printed for the camera to look at: calibration boards and tags."""
