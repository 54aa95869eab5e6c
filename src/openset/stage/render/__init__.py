"""The background as the tracked camera would see it: one meaning, a cpu and a gpu back end."""
