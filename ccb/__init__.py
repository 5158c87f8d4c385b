"""What may change, and who said so?"""
