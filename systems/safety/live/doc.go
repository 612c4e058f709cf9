// Package live (实时态势) is what stands at the plants now: which are monitored, which key points are missing and why, which alarms are open. It
// holds nothing of its own but a count of the open alarms that follows kernel/casework/alarm; the rest it asks of the rules' watch, once a second.
package live
