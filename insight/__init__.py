"""Kundkompass: customer insight from the exports that every CRM, till and survey system can give."""

__version__ = "0.1.0"
