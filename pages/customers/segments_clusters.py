"""Clusters: groups that the customers' own behaviour forms, described by what sets each apart."""

from ui import question

question.ask("segments.clusters", columns=question.SEGMENT_COLUMNS)
