"""`python -m tinycompile`."""

from tinycompile.cli import main

main()
