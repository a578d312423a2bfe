"""What editors need to help with files: JSON Schemas of requests, catalogs and schedules."""
