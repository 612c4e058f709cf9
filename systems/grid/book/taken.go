package book

// Taken says what became of the readings of one delivery.
type Taken struct {
	Stored     int // new
	Corrected  int // another value for a time that was known: stored, the later wins
	Duplicates int // the same again: not stored twice
	Unknown    int // of meters that are not in the archive: refused
	OffSlot    int // stored, but beside every quarter hour: the meter's clock is wrong
	Wrong      int // further ahead than the limit, or from before any meter: the meter's clock is wrong, refused
}
