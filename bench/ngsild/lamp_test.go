package ngsild

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Lamps are the entities of every benchmark: eight attributes, about 700 bytes as they are sent.

func lampID(n int) string { return fmt.Sprintf("urn:ngsi-ld:Lamp:%07d", n) }

// lamp appends lamp n with a level.
func lamp(dst []byte, n int, level float64) []byte {
	lon, lat := 116.8+float64(n*7919%10000)/10000, 38.6+float64(n*104729%10000)/10000
	return fmt.Appendf(dst, `{"id":"%s","type":"Lamp","name":{"type":"Property","value":"Lamp %d of the river bank"},`+
		`"level":{"type":"Property","value":%s,"observedAt":"2026-01-01T00:00:00Z","unitCode":"P1"},`+
		`"power":{"type":"Property","value":60,"unitCode":"WTT"},"status":{"type":"Property","value":"working"},`+
		`"district":{"type":"Relationship","object":"urn:ngsi-ld:District:%d"},"address":{"type":"Property","value":{"street":"Haihe East Road","number":%d}},`+
		`"zone":{"type":"Property","value":%d},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[%.4f,%.4f]}}}`,
		lampID(n), n, strconv.FormatFloat(level, 'f', -1, 64), n%16, n%400, n%100, lon, lat)
}

// change is the body of a partial update of the level.
func change(dst []byte, level float64, at time.Time) []byte {
	dst = append(dst, `{"type":"Property","value":`...)
	dst = strconv.AppendFloat(dst, level, 'f', -1, 64)
	dst = append(dst, `,"observedAt":"`...)
	dst = at.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z")
	return append(dst, `"}`...)
}

// levelOf reads the level out of an entity; NaN where there is none.
func levelOf(entity []byte) float64 {
	var e struct {
		Level struct{ Value *float64 }
	}
	if json.Unmarshal(entity, &e) != nil || e.Level.Value == nil {
		return math.NaN()
	}
	return *e.Level.Value
}
