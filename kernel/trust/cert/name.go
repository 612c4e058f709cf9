package cert

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"
)

// Attributes of names. RFC 5280 appendix A.1, GB/T 20518 5.2.3.4
var (
	CommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	SerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
	Country      = asn1.ObjectIdentifier{2, 5, 4, 6}
	Locality     = asn1.ObjectIdentifier{2, 5, 4, 7}
	Province     = asn1.ObjectIdentifier{2, 5, 4, 8}
	Organization = asn1.ObjectIdentifier{2, 5, 4, 10}
	Unit         = asn1.ObjectIdentifier{2, 5, 4, 11}
)

// Attribute is one part of a name. Empty values are left out.
type Attribute struct {
	Type  asn1.ObjectIdentifier
	Value string
}

// Name is a distinguished name, most general part first.
type Name []Attribute

// DER writes the name: country and serial number as PrintableString where they fit, all else as UTF8String. RFC 5280 4.1.2.4
func (n Name) DER() []byte {
	var parts [][]byte
	for _, a := range n {
		if a.Value == "" {
			continue
		}
		tag := byte(tagUTF8)
		if (a.Type.Equal(Country) || a.Type.Equal(SerialNumber)) && printable(a.Value) {
			tag = tagPrintble
		}
		parts = append(parts, tlv(tagSet, seq(oid(a.Type), tlv(tag, []byte(a.Value)))))
	}
	return seq(parts...)
}

func printable(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(" '()+,-./:=?", rune(c)) {
			return false
		}
	}
	return true
}

// ReadName reads a name's DER for people: "CN=…, O=…", most special part first. What cannot be read is shown as hexadecimal digits.
func ReadName(der []byte) string {
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &rdns); err != nil {
		return hex.EncodeToString(der)
	}
	var out []string
	for i := len(rdns) - 1; i >= 0; i-- {
		var one struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if _, err := asn1.Unmarshal(rdns[i].Bytes, &one); err != nil {
			return hex.EncodeToString(der)
		}
		label := one.Type.String()
		for _, k := range []struct {
			id   asn1.ObjectIdentifier
			name string
		}{{CommonName, "CN"}, {SerialNumber, "serialNumber"}, {Country, "C"}, {Locality, "L"}, {Province, "ST"}, {Organization, "O"}, {Unit, "OU"}} {
			if k.id.Equal(one.Type) {
				label = k.name
			}
		}
		out = append(out, label+"="+strings.ToValidUTF8(string(one.Value.Bytes), "?"))
	}
	return strings.Join(out, ", ")
}
