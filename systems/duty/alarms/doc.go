// Package alarms is the part of the duty desk that shows the alarms of all systems and lets those on shift answer for them: the list, what
// is shelved, what is out of service or suppressed by design, what is past, and each alarm with its history.
//
// The list follows ANSI/ISA-18.2-2016 and IEC 62682:2014: an operator sees what wants an answer, most urgent first; silence is never told
// as a process alarm; in a flood what is of little priority is folded by plant, and what is critical never is. What is shelved comes back by
// itself, what is out of service needs two persons. The alarms themselves are kernel/casework/alarm's.
//
// A page is told by the topic "duty" that something changed, and asks its own address again: each page has a filter of its own, and the
// server's list stays the only one.
package alarms
