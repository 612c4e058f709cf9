// Package report writes what happened in an incident once it is under control (处置总结报告): every line of its timeline, its orders with
// their receipts, its tasks, alarms and notices, and the times to verify, to dispatch and to control. It reads and changes nothing: what
// it says is what the timeline says. It is a page to print, Markdown, and CSV.
package report
