"""Reads a file as OpenMetrics, strictly, and prints the number of its samples."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    families = list(text_string_to_metric_families(file.read()))
print(sum(len(family.samples) for family in families), "samples")
