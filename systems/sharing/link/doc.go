// Package link keeps two nodes alike that are not always connected (市区两级联动): what one has for another waits in an outbox in order, and is
// sent when the other can be reached; the other applies each item once, in order, in one transaction with the number of the last.
//
// A node that was cut off for a day goes on working and catches up by itself: what it did waits in its outbox, what the others did waits in
// theirs. An acknowledgement that was lost costs a second sending and nothing else, since items up to the last number are skipped; an
// item that is missing in between stops the batch, and the sender goes on from there.
//
// A link lives while a sending or a receiving succeeded within three intervals; an empty batch is sent where there is nothing to say.
//
// Data lies in sharing_link, sharing_outbox. Who sends and with which signature is package exchange's.
package link
