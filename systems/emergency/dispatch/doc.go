// Package dispatch sends orders to teams and units and follows them (指令下达与反馈): each is sent, received, accepted or refused, on the
// way, on site and done, by a page or by an access token; each step stands in the incident's timeline. An order that nobody has received
// in its time is escalated: the unit's duty officers are told at once, its leaders when they do not answer.
//
// An order speaks to a unit; a resource may be named in it. It is told by kernel/casework/notice and followed here.
package dispatch
