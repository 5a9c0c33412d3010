"""`python -m edge` is `gatepost`."""

from edge.cli import main

if __name__ == "__main__":
    main()
