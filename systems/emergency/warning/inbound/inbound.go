// Package inbound reads the alerts that others send (外部预警读取): CAP, the Chinese structure, and feeds and distributions that carry one.
package inbound

import (
	"github.com/haihe-city/haihe/wire/cap"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

// Read reads an alert in whichever form it came. The error is that of CAP.
func Read(raw []byte) (*cap.Alert, error) {
	a, err := cap.Read(raw)
	if err == nil {
		return a, nil
	}
	if gb, err := gbt35965.Read(raw); err == nil {
		return gbt35965.ToCAP(gb), nil
	}
	if inner := wrapped(raw); inner != nil {
		return inner, nil
	}
	return nil, err
}

// wrapped gives the alert of a feed or of an EDXL-DE distribution that carries one; nil where there is none, or more than one.
func wrapped(raw []byte) *cap.Alert {
	var list []*cap.Alert
	if f, err := cap.ReadFeed(raw); err == nil {
		for _, e := range f.Entries {
			if e.Alert != nil {
				list = append(list, e.Alert)
			}
		}
	} else if d, err := cap.ReadDistribution(raw); err == nil {
		list = d
	}
	if len(list) != 1 {
		return nil
	}
	return list[0]
}

// Signed says what an alert's signatures are worth. No certificate is trusted beforehand: who signed is for the author to judge.
func Signed(raw []byte) string {
	all, err := cap.Verify(raw, nil)
	if err != nil || len(all) == 0 {
		return "有签名，未核验 / signed, not verified"
	}
	for _, s := range all {
		if !s.Valid {
			return "签名无效：" + s.Said.Zh + " / signature not valid: " + s.Said.En
		}
	}
	return "签名与内容相符，签署人未核对 / signature fits the content, its signer was not checked"
}
