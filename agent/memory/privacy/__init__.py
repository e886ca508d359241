"""What must not be stored or logged: personal data, found and masked."""
