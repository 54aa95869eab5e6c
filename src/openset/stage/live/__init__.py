"""The running stage: picture sources, the frame loop, the recorder's thread, the control socket."""
