// Package peak raises the alarms of load peaks (尖峰告警): before, where a forecast crosses a share of the limit that people set for the city
// or a district, and during, where the load that meters report crosses the limit. An alarm during a peak is raised after so many quarter hours above
// and ends after so many below a deadband, so that it does not chatter; a person acknowledges it.
//
// Its data: grid_peak_alarm, a row an alarm, and grid_peak_setting. What stands there follows from load, forecast and limits alone: the
// work may be repeated at any time and changes nothing then. Alarm is the seam for whoever keeps the alarms of several systems together.
package peak
