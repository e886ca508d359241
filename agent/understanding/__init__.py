"""Understanding a message: made clean, its language, and made whole from what came before."""
