"""Places and pages of the app: each shows one answer and offers what its state allows."""
