// Package notice (通知) tells people: who was told what, when, by which way, and who answered. A notice that is due is a row before it is
// a message; what was told is known after kill -9, and nobody is told twice.
//
// # The way of a notice
//
// [Post.Tell] writes a row for each person in the caller's transaction. [Post.Run] takes rows that are due, channel by channel and the
// most urgent first, marks them as being tried, durably, and gives them to their [Channel] with a key. What came of it is written in
// batches. After a crash, and before any second try, the channel is asked for the key: what the other side has taken is not sent again.
// A channel that cannot say is given the same key again, and the other side can recognise it.
//
// A way that fails is tried again after a growing wait; then the contact's next way is taken, and after the last one the delivery
// has failed. Who does not answer in time, or cannot be reached at all, is escalated: those of the next level are told.
//
// # Answers
//
// An answer comes by the token of a link (kept as SHA-256, ended by the first answer), by somebody who is signed in, or from a channel
// that brings replies in. The first one counts.
//
// # Personal data
//
// Names and addresses of contacts are in notice_contact and, as they were when somebody was told, in notice_delivery; never in a log and never in
// the journal. [Post.Erase] empties both. Whom a duty falls to is the business of the rooms; how a message travels is its Channel's.
package notice
