"""Files of text that are split into several, in one zip."""
