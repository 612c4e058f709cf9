// Package duty is the duty desk (值班台): what those on shift work with over all systems. Alarms to answer for, the rules that raise
// them, how good the alarms are; cases and notices stand beside them. It is common to all systems (3.3.5 of the plan asks for it in work
// safety and emergency command first). What it shows is kept by kernel/rule and kernel/casework; this room shows it and lets people act on it.
//
// Its parts: duty/alarms the list of alarms and what is kept out of it, duty/rules the rules, duty/cases
// the cases of all systems, duty/notices who was told what, and the contacts.
package duty
