"""Commands that were refused: who asked for what, and why it was not done."""
