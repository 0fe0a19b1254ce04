"""`python -m simulator.cli`."""

from simulator.cli import main

if __name__ == "__main__":
    main()
