"""`python -m openset` is the same as `openset`."""

from openset.cli.main import main

if __name__ == "__main__":
    main()
