// Package emergency is the room of warning and command (应急指挥, 3.3.5 of the plan): from the first call to the closed incident, one
// picture and one log. It takes reports in, keeps incidents as cases, activates plans, dispatches units with receipts, shows the
// situation on a map, keeps the shift's log and writes the after-action report.
//
// Its trades are parts of their own below this folder: incident, plan, dispatch, situation, shift, report, and warning; page holds the
// tabs that they share. What happened lies in kernel/casework's timeline, which cannot be altered unseen; who was told in
// kernel/casework/notice. It leaves the monitoring of plants to systems/safety, whose critical alarms it takes from kernel/casework/alarm.
package emergency
