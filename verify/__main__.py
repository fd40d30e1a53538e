"""``python -m verify`` is ``verify``."""

from verify.cli import main

if __name__ == "__main__":
    main(prog_name="verify")
