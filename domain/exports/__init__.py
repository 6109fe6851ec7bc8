"""The life of one export: its events, commands, state and rules."""
