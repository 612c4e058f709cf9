package dlt698

// SetItem is one attribute to set; of ThenGet also what to read afterwards and after how many seconds.
type SetItem struct {
	OAD   OAD
	Data  Data
	Get   OAD
	Delay uint8
}

// SetRequest writes. Normal: one item. DL/T 698.45-2017 7.3.6
type SetRequest struct {
	PIID  PIID
	Kind  Access
	Items []SetItem
}

// SetResult is the outcome of one item; Got is there of ThenGet.
type SetResult struct {
	OAD OAD
	DAR DAR
	Got ResultNormal
}

// SetResponse answers.
type SetResponse struct {
	PIID    PIID
	Kind    Access
	Results []SetResult
}

// ActionItem is one method to run; of ThenGet also what to read afterwards and after how many seconds.
type ActionItem struct {
	OMD   OMD
	Data  Data
	Get   OAD
	Delay uint8
}

// ActionRequest runs methods. Normal: one item. DL/T 698.45-2017 7.3.7
type ActionRequest struct {
	PIID  PIID
	Kind  Access
	Items []ActionItem
}

// ActionResult is the outcome of one item; Got is there of ThenGet.
type ActionResult struct {
	OMD     OMD
	DAR     DAR
	HasData bool
	Data    Data
	Got     ResultNormal
}

// ActionResponse answers.
type ActionResponse struct {
	PIID    PIID
	Kind    Access
	Results []ActionResult
}

// ClockOAD is the attribute that holds the clock of a device (date_time_s).
const ClockOAD OAD = 0x40000200

// SetClock asks a device to set its clock.
func SetClock(p PIID, now DateTimeS) SetRequest {
	return SetRequest{PIID: p, Kind: Normal, Items: []SetItem{{OAD: ClockOAD, Data: Of(now)}}}
}

func (SetRequest) tag() uint8     { return tagSetRequest }
func (SetResponse) tag() uint8    { return tagSetResponse }
func (ActionRequest) tag() uint8  { return tagActionRequest }
func (ActionResponse) tag() uint8 { return tagActionResponse }

// accessHead takes form, PIID and the number of items; least is the size of the smallest one.
func (r *reader) accessHead(least int, clause string) (k Access, p PIID, n int) {
	k = Access(r.u8())
	p = r.piid()
	switch k {
	case Normal:
		return k, p, 1
	case NormalList, ThenGet:
		return k, p, r.count(least)
	}
	r.fail(1, clause, "服务方式未定义", "no such form of the service")
	return k, p, 0
}

func (w *writer) accessHead(k Access, p PIID, n int) {
	w.b = append(w.b, byte(k), byte(p))
	switch {
	case k == Normal && n == 1:
	case k == NormalList || k == ThenGet:
		w.length(n)
	default:
		w.fail("服务方式与内容不符", "form and content of the service do not fit")
	}
}

func (r *reader) setRequest() (v SetRequest) {
	var n int
	v.Kind, v.PIID, n = r.accessHead(5, "7.3.6")
	for range n {
		it := SetItem{OAD: r.oad(), Data: r.data()}
		if v.Kind == ThenGet {
			it.Get, it.Delay = r.oad(), r.u8()
		}
		if v.Items = append(v.Items, it); r.err != nil {
			break
		}
	}
	return v
}

func (v SetRequest) write(w *writer) {
	w.accessHead(v.Kind, v.PIID, len(v.Items))
	for _, it := range v.Items {
		w.oad(it.OAD)
		w.data(it.Data)
		if v.Kind == ThenGet {
			w.oad(it.Get)
			w.u8(it.Delay)
		}
	}
}

func (r *reader) setResponse() (v SetResponse) {
	var n int
	v.Kind, v.PIID, n = r.accessHead(5, "7.3.6")
	for range n {
		it := SetResult{OAD: r.oad(), DAR: DAR(r.u8())}
		if v.Kind == ThenGet {
			it.Got = r.resultNormal()
		}
		if v.Results = append(v.Results, it); r.err != nil {
			break
		}
	}
	return v
}

func (v SetResponse) write(w *writer) {
	w.accessHead(v.Kind, v.PIID, len(v.Results))
	for _, it := range v.Results {
		w.oad(it.OAD)
		w.u8(uint8(it.DAR))
		if v.Kind == ThenGet {
			w.resultNormal(it.Got)
		}
	}
}

func (r *reader) actionRequest() (v ActionRequest) {
	var n int
	v.Kind, v.PIID, n = r.accessHead(5, "7.3.7")
	for range n {
		it := ActionItem{OMD: OMD(r.u32()), Data: r.data()}
		if v.Kind == ThenGet {
			it.Get, it.Delay = r.oad(), r.u8()
		}
		if v.Items = append(v.Items, it); r.err != nil {
			break
		}
	}
	return v
}

func (v ActionRequest) write(w *writer) {
	w.accessHead(v.Kind, v.PIID, len(v.Items))
	for _, it := range v.Items {
		w.u32(uint32(it.OMD))
		w.data(it.Data)
		if v.Kind == ThenGet {
			w.oad(it.Get)
			w.u8(it.Delay)
		}
	}
}

func (r *reader) actionResponse() (v ActionResponse) {
	var n int
	v.Kind, v.PIID, n = r.accessHead(6, "7.3.7")
	for range n {
		it := ActionResult{OMD: OMD(r.u32()), DAR: DAR(r.u8())}
		if it.HasData = r.option(); it.HasData {
			it.Data = r.data()
		}
		if v.Kind == ThenGet {
			it.Got = r.resultNormal()
		}
		if v.Results = append(v.Results, it); r.err != nil {
			break
		}
	}
	return v
}

func (v ActionResponse) write(w *writer) {
	w.accessHead(v.Kind, v.PIID, len(v.Results))
	for _, it := range v.Results {
		w.u32(uint32(it.OMD))
		w.u8(uint8(it.DAR))
		if it.HasData {
			w.u8(1)
			w.data(it.Data)
		} else {
			w.u8(0)
		}
		if v.Kind == ThenGet {
			w.resultNormal(it.Got)
		}
	}
}
