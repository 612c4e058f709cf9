package record

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzParse: two lines of rubbish are no record, and a record writes the lines that it was read from.
func FuzzParse(f *testing.F) {
	r := Record{At: time.Unix(5, 0), Answered: time.Unix(6, 0), RequestSig: []byte("sig"), ResponseSig: []byte("sig")}
	r.Request.Call, r.Request.KeyID, r.Response.KeyID = "call", "00", "01"
	asked := r.asked()
	f.Add(asked, r.answer([32]byte{}))
	f.Add([]byte{}, []byte(markAnswer))
	f.Fuzz(func(t *testing.T, asked, answer []byte) {
		r, err := Parse(asked, answer)
		if err != nil {
			return
		}
		if string(r.asked()) != string(asked) {
			t.Errorf("%q is written as %q", asked, r.asked())
		}
	})
}

// FuzzReceipt: no receipt makes the verifier fail in another way than by an error.
func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"format":"haihe-exchange-receipt/1","side":"asked","asked":"c2sp.org/tlog-proof@v1\nindex 0\n\n","caller":{},"registry":"MAA="}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Receipt
		if json.Unmarshal(b, &r) != nil {
			return
		}
		_ = r.Later(b)
		if _, err := r.Verify("", nil); err == nil {
			t.Error("a receipt that nobody signed holds")
		}
	})
}
