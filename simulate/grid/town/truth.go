package town

// Truth is one line of the truth file: a fault that was made.
type Truth struct {
	Kind         string `json:"kind"`
	Meter        string `json:"meter"`
	Concentrator string `json:"concentrator"`
	Slot         string `json:"slot"` // RFC 3339, China time
	Seconds      int64  `json:"seconds,omitempty"`
}
