package gauge

import "encoding/json"

// Round takes a number there and back.
func Round(number json.RawMessage) (json.RawMessage, bool) {
	n, ok := scale(number)
	return unscale(n), ok
}
