"""API keys as the log tells of them: who made one, for whom and with which scopes, and who ended
it. Their secrets and labels are in the table of keys alone."""
