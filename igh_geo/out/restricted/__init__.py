"""Results that open with a passphrase only."""
