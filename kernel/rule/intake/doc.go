// Package intake is the one road of readings that rules watch: into the series, past the rules, and with the transitions to whoever
// keeps alarms, in one transaction. [Intake.Take] returns when that is durable, so that a feed acknowledges what survives.
//
// Deliveries that come while a commit is under way share the next one. A reading that the series holds already with the same value is a repetition:
// it is counted and not stored again. Back-fill is stored; whether rules look at it is the watch's affair.
package intake
