"""The production folder on disk: its layout, its safe writes, its hashes and its seals."""
