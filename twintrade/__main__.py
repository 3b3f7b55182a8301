"""What ``python -m twintrade`` runs: the command line, where the folder of scripts is not on the path."""

from twintrade.cli import main

if __name__ == "__main__":
    main()
