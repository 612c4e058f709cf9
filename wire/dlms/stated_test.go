package dlms

import (
	"encoding/hex"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// call is a piece of a row's notation: a name with what stands in its brackets, a list (name "["), or a bare word.
type call struct {
	name string
	args []call
}

// parse reads one piece and gives what follows it.
func parse(s string) (c call, rest string) {
	s = strings.TrimLeft(s, " ,")
	if strings.HasPrefix(s, `"`) {
		i := strings.Index(s[1:], `"`) + 2
		return call{name: s[:i]}, s[i:]
	}
	i := strings.IndexAny(s, "([,])")
	switch {
	case i < 0:
		return call{name: s}, ""
	case s[i] != '(' && s[i] != '[':
		return call{name: s[:i]}, s[i:]
	}
	if c.name = s[:i]; s[i] == '[' {
		c.name = "["
	}
	for s = s[i+1:]; s != "" && s[0] != ')' && s[0] != ']'; s = strings.TrimLeft(s, " ,") {
		var a call
		a, s = parse(s)
		c.args = append(c.args, a)
	}
	if s != "" {
		s = s[1:] // its own closing bracket
	}
	return c, s
}

func (c call) num() int64 {
	n, _ := strconv.ParseInt(c.name, 0, 64)
	return n
}

func (c call) bytes() []byte {
	b, _ := hex.DecodeString(strings.TrimPrefix(strings.Trim(c.name, `"`), "0x"))
	return b
}

func (c call) data() Data {
	switch c.name {
	case "OctetString":
		return Octets(c.args[0].bytes())
	case "Boolean":
		return Of(TagBoolean, map[string]int64{"true": 1}[c.args[0].name])
	}
	return Of(TagInt32, c.args[0].num())
}

func (c call) selection() *Selection {
	if c.name != "SelectiveAccessByEntryDescriptor" {
		return nil
	}
	return &Selection{2, Struct(Of(TagUint32, c.args[0].num()), Of(TagUint32, c.args[1].num()), Of(TagUint16, 0), Of(TagUint16, 0))}
}

func (c call) attribute() Attribute {
	o, _ := ParseOBIS(strings.Trim(c.args[1].name, `"`))
	a := Attribute{Class: uint16(c.args[0].num()), Name: o, Number: int8(c.args[2].num())}
	if len(c.args) > 3 {
		a.Select = c.args[3].selection()
	}
	return a
}

func (c call) attributes() (out []Attribute) {
	for _, a := range c.args {
		out = append(out, a.attribute())
	}
	return out
}

func (c call) block() Block {
	return Block{Last: c.args[0].name == "true", Number: uint32(c.args[1].num()), Bytes: c.args[2].bytes()}
}

func (c call) access() Access {
	return map[string]Access{"TagAccHardwareFault": HardwareFault, "TagAccOtherReason": 250}[c.name]
}

func (c call) accesses() (out []Access) {
	for _, a := range c.args {
		out = append(out, a.access())
	}
	return out
}

// with is the attribute that a message names apart from its selection.
func (c call) with(sel call) []Attribute {
	a := c.attribute()
	a.Select = sel.selection()
	return []Attribute{a}
}

// message makes the message that a row states; nil where its notation is not read here.
func (c call) message() APDU {
	if len(c.args) < 2 || strings.HasSuffix(c.name, ").InvokePriority") {
		return nil
	}
	inv, a := uint8(c.args[0].num()), append(append([]call(nil), c.args...), call{}, call{}) // an empty call for what may be left out
	values := func(l call) (d []Data, p []*Data) {
		for _, x := range l.args {
			v := x.data()
			d, p = append(d, v), append(p, &v)
		}
		return d, p
	}
	switch c.name {
	case "GetRequestNormal":
		return GetRequest{Kind: Normal, Invoke: inv, Of: a[1].with(a[2])}
	case "GetRequestNext":
		return GetRequest{Kind: Next, Invoke: inv, Block: uint32(a[1].num())}
	case "GetRequestWithList":
		return GetRequest{Kind: WithList, Invoke: inv, Of: a[1].attributes()}
	case "SetRequestNormal":
		return SetRequest{Kind: Normal, Invoke: inv, Of: a[1].with(a[2]), Values: []Data{a[3].data()}}
	case "SetRequestWithFirstDataBlock":
		return SetRequest{Kind: SetFirstBlock, Invoke: inv, Of: a[1].with(a[2]), Block: a[3].block()}
	case "SetRequestWithDataBlock":
		return SetRequest{Kind: SetBlock, Invoke: inv, Block: a[1].block()}
	case "SetRequestWithList":
		d, _ := values(a[2])
		return SetRequest{Kind: SetList, Invoke: inv, Of: a[1].attributes(), Values: d}
	case "SetRequestWithListAndFirstDataBlock":
		return SetRequest{Kind: SetListFirst, Invoke: inv, Of: a[1].attributes(), Block: a[2].block()}
	case "SetResponseNormal":
		return SetResponse{Kind: Normal, Invoke: inv, Results: []Access{a[1].access()}}
	case "SetResponseDataBlock":
		return SetResponse{Kind: SetBlockTaken, Invoke: inv, Block: uint32(a[1].num())}
	case "SetResponseLastDataBlock":
		return SetResponse{Kind: SetLastTaken, Invoke: inv, Results: []Access{a[1].access()}, Block: uint32(a[2].num())}
	case "SetResponseLastDataBlockWithList":
		return SetResponse{Kind: SetListTaken, Invoke: inv, Results: a[1].accesses(), Block: uint32(a[2].num())}
	case "SetResponseWithList":
		return SetResponse{Kind: SetListAnswered, Invoke: inv, Results: a[1].accesses()}
	case "ActionRequestNormal":
		q := ActionRequest{Kind: Normal, Invoke: inv, Of: []Attribute{a[1].attribute()}, Values: []*Data{nil}}
		if a[2].name != "nilData" {
			d := a[2].data()
			q.Values[0] = &d
		}
		return q
	case "ActionRequestNextPBlock":
		return ActionRequest{Kind: ActionNext, Invoke: inv, Number: uint32(a[1].num())}
	case "ActionRequestWithList":
		_, p := values(a[2])
		return ActionRequest{Kind: ActionList, Invoke: inv, Of: a[1].attributes(), Values: p}
	case "ActionRequestWithFirstPBlock":
		return ActionRequest{Kind: ActionFirst, Invoke: inv, Of: []Attribute{a[1].attribute()}, Block: a[2].block()}
	case "ActionRequestWithListAndFirstPBlock":
		return ActionRequest{Kind: ActionListFirst, Invoke: inv, Of: a[1].attributes(), Block: a[2].block()}
	case "ActionRequestWithPBlock":
		return ActionRequest{Kind: ActionBlock, Invoke: inv, Block: a[1].block()}
	case "ActionResponseWithPBlock":
		return ActionResponse{Kind: ActionAnswerBlock, Invoke: inv, Block: a[1].block()}
	case "ActionResponseNextPBlock":
		return ActionResponse{Kind: ActionAnswerNext, Invoke: inv, Number: uint32(a[1].num())}
	case "ConfirmedServiceError":
		return ServiceError{1, 6, uint8(a[2].num())}
	}
	return nil
}

// TestJudgeStated: messages whose content the third party states are read as that content.
func TestJudgeStated(t *testing.T) {
	compared := map[string]int{}
	for _, v := range read(t) {
		if v.layer != "apdu" || v.verdict != "accept" || notMessages[v.id] != "" || v.message == "part of a message" {
			continue
		}
		for _, piece := range strings.Split(strings.ReplaceAll(v.stated, ".Encode()", ""), "; ") {
			c, _ := parse(strings.TrimPrefix(piece, "equals "))
			want := c.message()
			if want == nil {
				continue
			}
			got, err := Decode(v.raw)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s %X: %v\nread   %+v\nstated %+v", v.id, v.raw, err, got, want)
			}
			compared[v.message]++
			break
		}
	}
	n := 0
	for _, k := range compared {
		n += k
	}
	t.Logf("%d messages as stated: %v", n, compared)
	if n < 50 {
		t.Errorf("only %d messages were compared", n)
	}
}
