"""Totals only: customers, buyers and sales per arm typed in, and the verdict that they carry."""

from ui import planning

planning.totals_page()
