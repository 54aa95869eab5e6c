"""How far the camera's record may be from the truth, in centimetres on the floor."""
