// Package tie says which warnings belong to which incident (事件与预警的关联): those that were written from the incident, and those that somebody
// tied to it later. Whatever becomes of such a warning (issued, updated, lifted, run out) is a line of the incident's timeline, written in the
// transaction of the change, so that the after-action report has it without anybody's doing.
//
// Warnings themselves are systems/emergency/warning's; a chain of alert, updates and cancellation is tied as a whole, by its root.
package tie
