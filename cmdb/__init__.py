"""What do we have, who owns it, what hangs on it, what was promised on it?"""
