"""The lens: pinhole and Brown-Conrady, both directions, and the ST map that carries it to post."""
