package dlms

import "errors"

// Kind tells which form of a service a message is; the names are those of GET.
type Kind uint8

// The forms of GET. Of the others see their types.
const (
	Normal   Kind = 1
	Next     Kind = 2 // of an answer: a block
	WithList Kind = 3
)

func (r *reader) kind(most Kind) Kind {
	at := r.at
	k := Kind(r.byte())
	if k < 1 || k > most {
		r.fail(at, "5-3: 9.5", "服务的形式无效", "there is no such form of the service")
	}
	return k
}

// GetRequest reads attributes. IEC 62056-5-3 9.3.6
type GetRequest struct {
	Kind   Kind
	Invoke uint8       // invoke id in the low half, priority and confirmation above
	Of     []Attribute // Normal: one; Next: none
	Block  uint32      // Next: the block that came last
}

func (r *reader) getRequest() GetRequest {
	q := GetRequest{Kind: r.kind(3), Invoke: r.byte()}
	switch q.Kind {
	case Normal:
		q.Of = []Attribute{r.attribute()}
	case Next:
		q.Block = uint32(r.uint(4))
	case WithList:
		q.Of = list(r, r.attribute)
	}
	return q
}

func (q GetRequest) append(dst []byte) []byte {
	dst = append(dst, tagGetRequest, byte(q.Kind), q.Invoke)
	switch q.Kind {
	case Normal:
		return q.Of[0].append(dst)
	case Next:
		return appendUint(dst, uint64(q.Block), 4)
	}
	dst = AppendLength(dst, uint64(len(q.Of)))
	for _, a := range q.Of {
		dst = a.append(dst)
	}
	return dst
}

// Result is a value, or why there is none.
type Result struct {
	Failed Access // 0 with Value
	Value  *Data
}

func (r *reader) result() Result {
	if r.present() {
		return Result{Failed: r.access()}
	}
	d := r.data()
	return Result{Value: &d}
}

func (x Result) append(dst []byte) []byte {
	if x.Value == nil {
		return append(dst, 1, byte(x.Failed))
	}
	return x.Value.Append(append(dst, 0))
}

// GetResponse answers a GetRequest. IEC 62056-5-3 9.3.6
type GetResponse struct {
	Kind    Kind
	Invoke  uint8
	Results []Result // Normal: one
	Block   Block    // Next
}

func (r *reader) getResponse() GetResponse {
	a := GetResponse{Kind: r.kind(3), Invoke: r.byte()}
	switch a.Kind {
	case Normal:
		a.Results = []Result{r.result()}
	case Next:
		a.Block = r.block(true)
	case WithList:
		a.Results = list(r, r.result)
	}
	return a
}

func (a GetResponse) append(dst []byte) []byte {
	dst = append(dst, tagGetResponse, byte(a.Kind), a.Invoke)
	switch a.Kind {
	case Normal:
		return a.Results[0].append(dst)
	case Next:
		return a.Block.append(dst, true)
	}
	dst = AppendLength(dst, uint64(len(a.Results)))
	for _, x := range a.Results {
		dst = x.append(dst)
	}
	return dst
}

// maxGathered bounds what the blocks of one answer may hold.
const maxGathered = 4 << 20

// Blocks puts the blocks of an answer to GET together. The zero value is ready. IEC 62056-5-3 9.4.6.3
type Blocks struct {
	got  []byte
	next uint32
}

// Add takes a block, of which the first is 1; done gives the value. A block out of its turn, or one that says why there is no value, is
// an *Error.
func (g *Blocks) Add(b Block) (v Data, done bool, err error) {
	g.next++
	switch {
	case b.Bytes == nil:
		return v, false, refuse(0, "5-3: GET", "数据块传输失败", "the block has no data")
	case b.Number != g.next:
		return v, false, refuse(0, "5-3: GET", "数据块序号不连续", "the block is out of its turn")
	case len(g.got)+len(b.Bytes) > maxGathered:
		return v, false, refuse(0, "5-3: GET", "数据过长", "the answer is too long")
	}
	if g.got = append(g.got, b.Bytes...); !b.Last {
		return v, false, nil
	}
	v, n, err := ParseData(g.got)
	if err == nil && n < len(g.got) {
		err = refuse(n, "5-3: GET", "数据之后还有字节", "there are bytes behind the value")
	}
	var e *Error
	if errors.As(err, &e) {
		return v, false, e
	}
	return v, true, nil
}

// Split cuts an answer into blocks of at most size bytes each; one that fits whole is Normal.
func Split(invoke uint8, v Data, size int) []GetResponse {
	all := v.Append(nil)
	if len(all) <= size {
		return []GetResponse{{Kind: Normal, Invoke: invoke, Results: []Result{{Value: &v}}}}
	}
	var out []GetResponse
	for n := uint32(1); len(all) > 0; n++ {
		k := min(size, len(all))
		out = append(out, GetResponse{Kind: Next, Invoke: invoke, Block: Block{Last: k == len(all), Number: n, Bytes: all[:k:k]}})
		all = all[k:]
	}
	return out
}
