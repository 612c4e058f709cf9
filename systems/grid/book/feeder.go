package book

// ByNum finds a meter by the key of its series.
func (b *Book) ByNum(num int64) (Meter, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.byNum[num]
	if !ok {
		return Meter{}, false
	}
	return b.meters[i], true
}

// Each hands over the meters in service, in the archive's order, while the book is held: fn must not call it.
func (b *Book) Each(fn func(Meter)) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range b.meters {
		if !b.meters[i].Retired {
			fn(b.meters[i])
		}
	}
}

// OnFeeder gives the series keys of the meters in service on a feeder, in the archive's order.
func (b *Book) OnFeeder(feeder string) (nums []int64) {
	b.Each(func(m Meter) {
		if m.Feeder == feeder {
			nums = append(nums, m.Num)
		}
	})
	return nums
}
