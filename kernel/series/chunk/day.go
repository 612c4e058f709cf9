package chunk

import "time"

// Zone is the zone that days are cut in: Asia/Shanghai, which has had no summer time since 1991. A fixed zone keeps the
// layout the same on machines without a zone database.
var Zone = time.FixedZone("Asia/Shanghai", zoneSeconds)

const (
	zoneSeconds = 8 * 3600
	ZoneMicros  = zoneSeconds * 1_000_000
	DayMicros   = 86_400 * 1_000_000

	FirstTime = -2_208_988_800 * 1_000_000 // 1900-01-01T00:00:00Z
	LastTime  = 7_258_118_400 * 1_000_000  // 2200-01-01T00:00:00Z

	MinDay, MaxDay = FirstTime/DayMicros - 1, LastTime/DayMicros + 1
	AllBlocks      = 1 << (63 - BlockBits) // blocks stand from -AllBlocks to AllBlocks-1

	BlockBits = 6 // 64 neighbouring keys share a row
	BlockKeys = 1 << BlockBits
)

// floorDiv rounds towards minus infinity, so that times before 1970 fall into the right day.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// DayOf numbers the local day of a time; day 0 is 1970-01-01 in Shanghai.
func DayOf(at int64) int64 { return floorDiv(at+ZoneMicros, DayMicros) }

// DayStart is the first microsecond of a day.
func DayStart(day int64) int64 { return day*DayMicros - ZoneMicros }

// DayName writes a day for messages.
func DayName(day int64) string { return time.UnixMicro(DayStart(day)).In(Zone).Format(time.DateOnly) }

// PeriodOf numbers the period that a time falls in; counted from local midnight, so that days and hours are those of the city.
func PeriodOf(at, period int64) int64 { return floorDiv(at+ZoneMicros, period) }

// ClampTime keeps open-ended ranges inside what a batch may hold.
func ClampTime(from, to int64) (int64, int64) { return max(from, FirstTime), min(to, LastTime) }
