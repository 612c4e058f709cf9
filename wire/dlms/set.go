package dlms

// The forms of SET and ACTION beside Normal. IEC 62056-5-3 9.5
const (
	SetFirstBlock Kind = 2
	SetBlock      Kind = 3
	SetList       Kind = 4
	SetListFirst  Kind = 5

	SetBlockTaken   Kind = 2 // of an answer
	SetLastTaken    Kind = 3
	SetListTaken    Kind = 4
	SetListAnswered Kind = 5

	ActionNext      Kind = 2
	ActionList      Kind = 3
	ActionFirst     Kind = 4
	ActionListFirst Kind = 5
	ActionBlock     Kind = 6

	ActionAnswerBlock Kind = 2 // of an answer
	ActionAnswerList  Kind = 3
	ActionAnswerNext  Kind = 4
)

// SetRequest writes attributes. IEC 62056-5-3 9.3.7
type SetRequest struct {
	Kind   Kind
	Invoke uint8
	Of     []Attribute // Normal and SetFirstBlock: one; SetBlock: none
	Values []Data      // Normal: one; SetList: as many as Of
	Block  Block       // SetFirstBlock, SetBlock, SetListFirst
}

func (r *reader) setRequest() SetRequest {
	q := SetRequest{Kind: r.kind(5), Invoke: r.byte()}
	switch q.Kind {
	case Normal, SetFirstBlock:
		q.Of = []Attribute{r.attribute()}
	case SetList, SetListFirst:
		q.Of = list(r, r.attribute)
	}
	switch q.Kind {
	case Normal:
		q.Values = []Data{r.data()}
	case SetList:
		at := r.at
		if q.Values = list(r, r.data); len(q.Values) != len(q.Of) {
			r.fail(at, "5-3: SET", "值与属性的个数不符", "there are not as many values as attributes")
		}
	default:
		q.Block = r.block(false)
	}
	return q
}

func (q SetRequest) append(dst []byte) []byte {
	dst = append(dst, tagSetRequest, byte(q.Kind), q.Invoke)
	if q.Kind >= SetList {
		dst = AppendLength(dst, uint64(len(q.Of)))
	}
	for _, a := range q.Of {
		dst = a.append(dst)
	}
	switch q.Kind {
	case Normal:
		return q.Values[0].Append(dst)
	case SetList:
		dst = AppendLength(dst, uint64(len(q.Values)))
		for _, v := range q.Values {
			dst = v.Append(dst)
		}
		return dst
	}
	return q.Block.append(dst, false)
}

// SetResponse answers a SetRequest. IEC 62056-5-3 9.3.7
type SetResponse struct {
	Kind    Kind
	Invoke  uint8
	Results []Access // Normal and SetLastTaken: one
	Block   uint32   // SetBlockTaken, SetLastTaken, SetListTaken
}

func (r *reader) setResponse() SetResponse {
	a := SetResponse{Kind: r.kind(5), Invoke: r.byte()}
	switch a.Kind {
	case Normal, SetLastTaken:
		a.Results = []Access{r.access()}
	case SetListTaken, SetListAnswered:
		a.Results = list(r, r.access)
	}
	if a.Kind >= SetBlockTaken && a.Kind <= SetListTaken {
		a.Block = uint32(r.uint(4))
	}
	return a
}

func (a SetResponse) append(dst []byte) []byte {
	dst = append(dst, tagSetResponse, byte(a.Kind), a.Invoke)
	if a.Kind >= SetListTaken {
		dst = AppendLength(dst, uint64(len(a.Results)))
	}
	for _, x := range a.Results {
		dst = append(dst, byte(x))
	}
	if a.Kind >= SetBlockTaken && a.Kind <= SetListTaken {
		dst = appendUint(dst, uint64(a.Block), 4)
	}
	return dst
}

// ActionRequest calls methods. IEC 62056-5-3 9.3.8
type ActionRequest struct {
	Kind   Kind
	Invoke uint8
	Of     []Attribute // methods; Normal and ActionFirst: one
	Values []*Data     // Normal: one, nil where the method takes nothing; ActionList: as many as Of
	Block  Block       // ActionFirst, ActionListFirst, ActionBlock
	Number uint32      // ActionNext: the block of the answer that came last
}

func (r *reader) actionRequest() ActionRequest {
	q := ActionRequest{Kind: r.kind(6), Invoke: r.byte()}
	switch q.Kind {
	case Normal, ActionFirst:
		q.Of = []Attribute{r.method()}
	case ActionList, ActionListFirst:
		q.Of = list(r, r.method)
	}
	switch q.Kind {
	case Normal:
		q.Values = []*Data{nil}
		if r.present() {
			d := r.data()
			q.Values[0] = &d
		}
	case ActionNext:
		q.Number = uint32(r.uint(4))
	case ActionList:
		at := r.at
		q.Values = list(r, func() *Data { d := r.data(); return &d })
		if len(q.Values) != len(q.Of) {
			r.fail(at, "5-3: ACTION", "参数与方法的个数不符", "there are not as many parameters as methods")
		}
	default:
		q.Block = r.block(false)
	}
	return q
}

func (q ActionRequest) append(dst []byte) []byte {
	dst = append(dst, tagActionRequest, byte(q.Kind), q.Invoke)
	if q.Kind == ActionList || q.Kind == ActionListFirst {
		dst = AppendLength(dst, uint64(len(q.Of)))
	}
	for _, a := range q.Of {
		dst = a.method(dst)
	}
	switch q.Kind {
	case Normal:
		if q.Values[0] == nil {
			return append(dst, 0)
		}
		return q.Values[0].Append(append(dst, 1))
	case ActionNext:
		return appendUint(dst, uint64(q.Number), 4)
	case ActionList:
		dst = AppendLength(dst, uint64(len(q.Values)))
		for _, v := range q.Values {
			dst = v.Append(dst)
		}
		return dst
	}
	return q.Block.append(dst, false)
}

// ActionResult is the outcome of a method, with what it returned.
type ActionResult struct {
	Outcome Access // of Action-Result, whose numbers are those of Access
	Return  *Result
}

func (r *reader) actionResult() ActionResult {
	x := ActionResult{Outcome: r.access()}
	if r.present() {
		v := r.result()
		x.Return = &v
	}
	return x
}

// ActionResponse answers an ActionRequest. IEC 62056-5-3 9.3.8
type ActionResponse struct {
	Kind    Kind
	Invoke  uint8
	Results []ActionResult // Normal: one
	Block   Block          // ActionAnswerBlock
	Number  uint32         // ActionAnswerNext: the block of the request that came last
}

func (r *reader) actionResponse() ActionResponse {
	a := ActionResponse{Kind: r.kind(4), Invoke: r.byte()}
	switch a.Kind {
	case Normal:
		a.Results = []ActionResult{r.actionResult()}
	case ActionAnswerBlock:
		a.Block = r.block(false)
	case ActionAnswerList:
		a.Results = list(r, r.actionResult)
	case ActionAnswerNext:
		a.Number = uint32(r.uint(4))
	}
	return a
}

func (a ActionResponse) append(dst []byte) []byte {
	dst = append(dst, tagActionResponse, byte(a.Kind), a.Invoke)
	switch a.Kind {
	case ActionAnswerBlock:
		return a.Block.append(dst, false)
	case ActionAnswerNext:
		return appendUint(dst, uint64(a.Number), 4)
	case ActionAnswerList:
		dst = AppendLength(dst, uint64(len(a.Results)))
	}
	for _, x := range a.Results {
		if dst = append(dst, byte(x.Outcome)); x.Return == nil {
			dst = append(dst, 0)
			continue
		}
		dst = x.Return.append(append(dst, 1))
	}
	return dst
}
