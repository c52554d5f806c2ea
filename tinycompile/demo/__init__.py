"""The demonstration: a digit classifier that this project trained, on the emulator of a board."""
