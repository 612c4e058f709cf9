// Package warning is the part of emergency command that warns (预警发布): a warning is written once, approved by a second person who may for its
// colour, and issued as CAP 1.2 and in the Chinese structure of GB/T 35965.1-2018, to the public and to those responsible in its area, who
// acknowledge; who does not is escalated.
//
// A warning is a chain of messages: an alert, updates that supersede it, a cancellation. Each message is a row of emergency_warning, and its
// documents never change once issued; when it ends is said by a later message or by its own end. Drills are marked Exercise in every form and
// stand in no public list of actual warnings.
//
// Whom an area touches is decided by reach; who is told, and what came of it, lies in kernel/casework/notice. An alert of somebody else's
// that is imported becomes a draft here, and is issued under this city's name with the origin in its note.
//
// Standards: CAP 1.2 (wire/cap), GB/T 35965.1-2018 (wire/gbt35965), Atom (RFC 4287) for the feed.
package warning
