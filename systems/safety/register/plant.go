package register

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// The entity types of this register, as the city context knows them.
const (
	TypePlant = "HazardousPlant"
	TypePoint = "SafetyPoint" // attributes as Smart Data Models' Device names them
)

// PlantURI is the URN of a plant.
func PlantURI(code string) string { return "urn:ngsi-ld:" + TypePlant + ":" + code }

// PointURI is the URN of a point.
func PointURI(plant, name string) string {
	return "urn:ngsi-ld:" + TypePoint + ":" + plant + ":" + name
}

// Kind of plant, as the plan counts them (3.3.5).
type Kind string

// The kinds.
const (
	Chemical   Kind = "chemical"
	Metallurgy Kind = "metallurgy"
	Fireworks  Kind = "fireworks"
)

// Kinds in the plan's order.
var Kinds = []Kind{Chemical, Metallurgy, Fireworks}

// Text is the kind for people.
func (k Kind) Text() lang.Text {
	switch k {
	case Chemical:
		return lang.T("危险化学品企业", "Hazardous chemicals")
	case Metallurgy:
		return lang.T("冶金企业", "Metallurgy")
	case Fireworks:
		return lang.T("烟花爆竹储存企业", "Fireworks store")
	}
	return lang.Same(string(k))
}

// Feed is the wire that a plant speaks.
type Feed string

// The feeds. Modbus and OPC UA plants are polled at their Endpoint, the others come to us.
const (
	HJ212    Feed = "hj212"
	Modbus   Feed = "modbus"
	OPCUA    Feed = "opcua"
	GBT26875 Feed = "gbt26875"
	MQTT     Feed = "mqtt"
)

// Feeds that there are.
var Feeds = []Feed{HJ212, Modbus, OPCUA, GBT26875, MQTT}

// Text is the feed for people.
func (f Feed) Text() lang.Text {
	switch f {
	case HJ212:
		return lang.Same("HJ 212")
	case Modbus:
		return lang.Same("Modbus/TCP")
	case OPCUA:
		return lang.Same("OPC UA")
	case GBT26875:
		return lang.Same("GB/T 26875.3")
	case MQTT:
		return lang.Same("MQTT JSON")
	}
	return lang.Same(string(f))
}

// Polled tells whether we call the plant, and not it us.
func (f Feed) Polled() bool { return f == Modbus || f == OPCUA }

// State of a plant. A plant that does not run has its alarms suppressed by design.
type State string

// The states.
const (
	Running     State = "running"
	Stopped     State = "stopped"
	Maintenance State = "maintenance"
)

// States that there are.
var States = []State{Running, Stopped, Maintenance}

// Text is the state for people.
func (s State) Text() lang.Text {
	switch s {
	case Running:
		return lang.T("生产", "Running")
	case Stopped:
		return lang.T("停产", "Stopped")
	case Maintenance:
		return lang.T("检修", "Under maintenance")
	}
	return lang.Same(string(s))
}

// Plant is one enterprise that is watched.
type Plant struct {
	Num       int64  // of its entity
	URI       string // of its entity, the Group of its points' alarms
	Code      string // MN of HJ 212, and what the plant is known by on every other wire
	Name      string
	Kind      Kind
	Unit      string // id of the unit that answers for it
	District  string // region code, GB/T 2260
	Lon, Lat  float64
	Feed      Feed
	Endpoint  string // host:port or opc.tcp://… of a polled plant
	Secret    string // sealed password, see Register.Opens; "" where the plant has none
	State     State
	Exposed   int       // people who live within 500 m of its fence (GB 18218-2018 4.3.2)
	ExposedAt time.Time // when they were counted, zero where nobody has
	Contacts  []string  // ids of notice contacts, the first one first
}
