package safety

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/fault"
)

// topic is where a plant's gateway publishes.
func (u *unit) topic() string { return "haihe/safety/" + u.MN + "/readings" }

// message is the readings of a time as JSON.
func (u *unit) message(at time.Time) ([]byte, error) {
	values := make(map[string]any, len(u.points))
	for i := range u.points {
		x := &u.points[i]
		v, q := u.shown(i, at)
		n := json.Number(strconv.FormatFloat(v, 'f', x.Decimals, 64))
		values[x.Code] = n
		if q == fault.Ill {
			values[x.Code] = map[string]any{"value": n, "quality": "bad"}
		}
	}
	return json.Marshal(map[string]any{"time": at.Format(time.RFC3339), "values": values})
}
