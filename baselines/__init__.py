"""What was agreed, and is it still so?"""
