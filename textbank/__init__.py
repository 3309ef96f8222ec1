"""Textbank: peer-to-peer texting whose work can change hands."""

__version__ = "0.1.0"
