package book

// ByNum finds a meter by the key of its series.
func (b *Book) ByNum(num int64) (Meter, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.placeOf(num)
	if !ok {
		return Meter{}, false
	}
	return b.meter(i), true
}

// Each hands over the meters in service, in the archive's order, while the book is held: fn must not call it.
func (b *Book) Each(fn func(Meter)) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range b.meters {
		if !b.retired(i) {
			fn(b.meter(int32(i)))
		}
	}
}

// OnFeeder gives the series keys of the meters in service on a feeder, in the archive's order.
func (b *Book) OnFeeder(feeder string) (nums []int64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n, ok := b.textOf[feeder]
	if !ok {
		return nil
	}
	for i := range b.meters {
		if b.meters[i].feeder == n && !b.retired(i) {
			nums = append(nums, b.meters[i].num)
		}
	}
	return nums
}
