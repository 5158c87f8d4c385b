"""How do files from elsewhere come in, and how does what we have go out?"""
