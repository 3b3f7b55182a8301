"""Would we believe it?"""
