"""Data quality: what is in the files column by column, and what it means for the figures."""

from ui import quality

quality.head()
quality.findings()
quality.files()
