"""The store: what was loaded, week after week, encrypted, in one file on this machine."""
