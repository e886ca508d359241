"""Who is asking: API keys, tokens of the company's identity provider, or nobody known."""
