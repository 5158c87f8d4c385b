"""How do people work with it? Command line and Textual app, two peers over one core."""
