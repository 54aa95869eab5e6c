"""Handing over: takes, camera, cut, sets and passport as one sealed folder, and checking it."""
