"""The vocabulary every room shares: time, space, colour, image, ids, errors."""
