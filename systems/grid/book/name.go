package book

import "strings"

// The entity types of the grid, as the city context knows them.
const (
	TypeMeter        = "SmartMeter"
	TypeChannel      = "MeterChannel" // one register of a meter whose readings come in interval files
	TypeConcentrator = "MeterConcentrator"
	TypeFeeder       = "Feeder"
	TypeDistrict     = "District"
)

// MeterID is the URN of a meter.
func MeterID(address string) string { return "urn:ngsi-ld:" + TypeMeter + ":" + address }

// ConcentratorID is the URN of a concentrator.
func ConcentratorID(address string) string { return "urn:ngsi-ld:" + TypeConcentrator + ":" + address }

// FeederID is the URN of a feeder.
func FeederID(name string) string { return "urn:ngsi-ld:" + TypeFeeder + ":" + name }

// DistrictID is the URN of a district.
func DistrictID(code string) string { return "urn:ngsi-ld:" + TypeDistrict + ":" + code }

// Tail is the last part of a URN: what a person calls the thing.
func Tail(urn string) string { return urn[strings.LastIndexByte(urn, ':')+1:] }
