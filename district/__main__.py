"""`python -m district` is `gatepost-district`."""

from district.cli import main

if __name__ == "__main__":
    main()
