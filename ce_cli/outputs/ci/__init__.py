"""What CI systems read: annotations, JUnit, OpenMetrics, metrics files."""
