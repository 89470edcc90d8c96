"""`python -m distgroup`: the command line, where the package is importable but its script is not installed."""

from distgroup.cli import main

if __name__ == "__main__":
    main()
