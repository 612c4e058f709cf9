-- What came and was answered within a time, for the figures of the alarm system.
CREATE INDEX alarm_line_at ON alarm_line (at, verb);
