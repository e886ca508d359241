"""What is remembered: conversations, without personal values, and what people thought of them."""
