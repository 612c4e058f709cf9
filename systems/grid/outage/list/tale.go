package list

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

// CauseNames are the causes as they are stored and named in files.
var CauseNames = [...]string{"unknown", "fault", "planned", "external", "rationing"}

func CauseOf(name string) (index.Cause, bool) {
	for i, n := range CauseNames {
		if n == name {
			return index.Cause(i), true
		}
	}
	return 0, false
}

// Tale is an outage as a person tells it: a feeder, a concentrator's meters, or meters by their numbers. To is zero while it lasts.
type Tale struct {
	Feeder, Concentrator string
	Meters               []string
	From, To             time.Time
	Cause                index.Cause
	Note                 string
}

// Earliest is the time before which no outage is believed: the archive knows nothing of it.
var Earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, book.China)

// MaxNote bounds a note, in bytes.
const MaxNote = 1000

// Customers gives the keys of the meters that a tale means. What is told most closely counts: meters, then concentrator, then feeder.
func (t Tale) Customers(b *book.Book) (nums []int64, err error) {
	switch {
	case len(t.Meters) > 0:
		for _, address := range t.Meters {
			_, m, ok := b.Find(address)
			if !ok || t.Feeder != "" && m.Feeder != t.Feeder {
				return nil, errs.Say(errs.Invalid, "档案中没有电表 %s，或它不在所填线路上", "meter %s is not in the archive, or not on that feeder", address)
			}
			nums = append(nums, m.Num)
		}
	case t.Concentrator != "":
		for _, address := range b.Addresses(t.Concentrator) {
			if _, m, _ := b.Find(address); t.Feeder == "" || m.Feeder == t.Feeder {
				nums = append(nums, m.Num)
			}
		}
		if len(nums) == 0 {
			return nil, errs.Say(errs.Invalid, "档案中没有集中器 %s，或它不在所填线路上", "concentrator %s is not in the archive, or not on that feeder", t.Concentrator)
		}
	case t.Feeder != "":
		if nums = b.OnFeeder(t.Feeder); len(nums) == 0 {
			return nil, errs.Say(errs.Invalid, "档案中没有线路 %s", "feeder %s is not in the archive", t.Feeder)
		}
	default:
		return nil, errs.Say(errs.Invalid, "请填写线路、集中器或电表", "give a feeder, a concentrator or meters")
	}
	return nums, nil
}

// Check holds a tale's times to each other and to now.
func (t Tale) Check(now time.Time) error {
	switch {
	case t.From.Before(Earliest) || t.From.After(now):
		return errs.Say(errs.Invalid, "停电开始时间应在 1990 年以后、当前时间以前", "an outage begins after 1990 and before now")
	case !t.To.IsZero() && !t.To.After(t.From):
		return errs.Say(errs.Invalid, "恢复时间应晚于停电时间", "supply returns after it was lost")
	case t.To.After(now):
		return errs.Say(errs.Invalid, "恢复时间不能晚于当前时间；尚未恢复请留空", "supply cannot have returned in the future; leave it empty while the outage lasts")
	case len(t.Note) > MaxNote:
		return errs.Say(errs.Invalid, "备注不超过 %d 字节", "a note has at most %d bytes", MaxNote)
	}
	return nil
}

// Stamp writes a time as changes and files bear it; "" for none.
func Stamp(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).In(book.China).Format(time.DateTime)
}
