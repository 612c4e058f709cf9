package safety

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/fault"
)

// topic is where a plant's gateway publishes.
func (u *unit) topic() string { return "haihe/safety/" + u.MN + "/readings" }

// message is the readings of a time as JSON: the time, the values by factor, and how good those are that their source calls bad.
func (u *unit) message(at time.Time) ([]byte, error) {
	values, marks := make(map[string]json.Number, len(u.points)), map[string]string{}
	for i := range u.points {
		x := &u.points[i]
		v, q := u.shown(i, at)
		values[x.Code] = json.Number(strconv.FormatFloat(v, 'f', x.Decimals, 64))
		if q == fault.Ill {
			marks[x.Code] = "bad"
		}
	}
	return json.Marshal(struct {
		T string                 `json:"t"`
		V map[string]json.Number `json:"v"`
		Q map[string]string      `json:"q,omitempty"`
	}{at.Format(time.RFC3339), values, marks})
}
