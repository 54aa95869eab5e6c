"""The take on disk: picture, composite, matte and track, safe against a kill, sealed and checked."""
