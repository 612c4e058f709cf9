package index

// ManyAbove is the n of CEMI-n: customers with more than so many sustained interruptions.
const ManyAbove = 3

// Sum is what was counted in one area.
type Sum struct {
	Seconds       int64 // customer-seconds without supply, sustained
	Interruptions int64 // customer interruptions, sustained
	Momentary     int64 // customer interruptions, momentary
	Hit           int64 // customers with at least one sustained interruption
	Many          int64 // customers with more than ManyAbove of them
}

// Areas is how many areas a customer can belong to at once: feeder, district, core, city.
const Areas = 4

// Place gives the areas of a customer as numbers from 0; -1 for none.
type Place func(customer int64) [Areas]int32

// Tally counts a period by a rule into n areas. Interruptions that begin on a day in without are passed over; nil passes none.
func (r Record) Tally(rule Rule, p Period, n int, place Place, without map[int64]bool) []Sum {
	sums := make([]Sum, n)
	var customer, sustained int64 // of the customer in hand: its sustained interruptions
	var areas [Areas]int32
	leave := func() {
		for _, a := range areas {
			if sustained > 0 && a >= 0 {
				sums[a].Hit++
				if sustained > ManyAbove {
					sums[a].Many++
				}
			}
		}
		sustained = 0
	}
	first := true
	r.Each(rule.Leave, func(x Interruption) {
		if first || x.Customer != customer {
			leave()
			first, customer, areas = false, x.Customer, place(x.Customer)
		}
		seconds, began := rule.counts(x, p)
		if seconds == 0 && !began || without[Day(x.From)] {
			return
		}
		brief := x.Seconds() <= rule.Brief
		if began && !brief {
			sustained++
		}
		for _, a := range areas {
			switch {
			case a < 0:
			case brief && began:
				sums[a].Momentary++
			case !brief:
				sums[a].Seconds += seconds
				if began {
					sums[a].Interruptions++
				}
			}
		}
	})
	leave()
	return sums
}

// Daily gives the customer-seconds of sustained interruptions by day, for the customers that in takes (nil: all of them); days
// without any are not in the map. By a rule that is not Whole an interruption is cut at midnight.
func (r Record) Daily(rule Rule, p Period, in func(customer int64) bool) map[int64]int64 {
	out := map[int64]int64{}
	r.Each(rule.Leave, func(x Interruption) {
		if x.Seconds() <= rule.Brief || in != nil && !in(x.Customer) {
			return
		}
		if rule.Whole {
			if s, _ := rule.counts(x, p); s > 0 {
				out[Day(x.From)] += s
			}
			return
		}
		for from := max(x.From, p.From); from < min(x.To, p.To); {
			to := min(x.To, p.To, DayStart(Day(from)+1))
			out[Day(from)] += to - from
			from = to
		}
	})
	return out
}
