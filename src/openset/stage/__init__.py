"""The floor: tracking, lens, scene, render, key, record, deliver, and the loop that runs them."""
