// Package shelf keeps the archive of the city's meters packed beside its entities (档案快照), so that a start need not read millions of
// entities back.
//
// The entities stay the truth. Every transaction that changes a meter's entity, whoever makes it, raises a number in it; the packed
// archive bears the number that it was read at, and is used only where that is the number now. So it is never behind: after a
// change, after a crash while it was written, or where it cannot be read, the next start reads the entities and packs them anew.
// What it keeps is derived and may be deleted at any time.
package shelf
