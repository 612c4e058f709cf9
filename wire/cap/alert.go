package cap

import (
	"time"
)

// The namespaces of the versions.
const (
	Space12 = "urn:oasis:names:tc:emergency:cap:1.2"
	Space11 = "urn:oasis:names:tc:emergency:cap:1.1"
)

// Alert is an alert message.
type Alert struct {
	Version     string // "1.2" or "1.1": of the document that was read
	Identifier  string
	Sender      string
	Sent        time.Time
	Status      string
	MsgType     string
	Source      string
	Scope       string
	Restriction string
	Addresses   []string
	Codes       []string
	Note        string
	References  []Reference
	Incidents   []string
	Infos       []Info
	Signatures  int     // how many stand in the document; Verify tells what they are worth
	Notes       []Fault // what is doubtful, and allowed
}

// Reference names an earlier alert.
type Reference struct {
	Sender, Identifier string
	Sent               time.Time
}

// Pair is a value with the name of its system.
type Pair struct{ Name, Value string }

// Span is when an information holds; zero where nothing is said.
type Span struct{ Effective, Onset, Expires time.Time }

// Info is what an alert says, in one language.
type Info struct {
	Language      string // "" means en-US
	Categories    []string
	Event         string
	ResponseTypes []string
	Urgency       string
	Severity      string
	Certainty     string
	Audience      string
	EventCodes    []Pair
	Span
	SenderName  string
	Headline    string
	Description string
	Instruction string
	Web         string
	Contact     string
	Parameters  []Pair
	Resources   []Resource
	Areas       []Area
}

// Resource is a file that belongs to an information. Content is base64 as it came.
type Resource struct {
	Desc, MimeType string
	Size           string // bytes, digits; "" where not said
	URI, Content   string
	Digest         string // SHA-1, hex
}

// Area is where an information holds.
type Area struct {
	Desc     string
	Polygons []Polygon
	Circles  []Circle
	Geocodes []Pair
	Altitude string // feet above mean sea level, as written; "" where not said
	Ceiling  string
}

// Point is a place on WGS 84, in degrees.
type Point struct{ Lat, Lon float64 }

// Polygon is a ring whose last point is its first.
type Polygon []Point

// Circle is a point with a radius in km.
type Circle struct {
	Center Point
	Radius float64
}

// enumerations are the words that the standard knows, by element. CAP 1.2 3.2.1 and CAP 1.2 3.2.2.
var enumerations = map[string][]string{
	"status":       {"Actual", "Exercise", "System", "Test", "Draft"},
	"msgType":      {"Alert", "Update", "Cancel", "Ack", "Error"},
	"scope":        {"Public", "Restricted", "Private"},
	"category":     {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"},
	"responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
	"urgency":      {"Immediate", "Expected", "Future", "Past", "Unknown"},
	"severity":     {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
	"certainty":    {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
