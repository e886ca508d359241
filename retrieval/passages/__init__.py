"""Passages: articles cut along their structure and at the ends of sentences."""
